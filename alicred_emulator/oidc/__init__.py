"""The fake OIDC identity provider: what a Kubernetes cluster with RRSA is to STS and to its pods."""
