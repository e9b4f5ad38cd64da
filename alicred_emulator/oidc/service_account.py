"""What Kubernetes writes into the token of a service account about the pod that it is for."""

import uuid
from typing import Final

_PREFIX: Final = "system:serviceaccount:"
_NODE: Final = "cn-hangzhou.192.168.0.1"


def kubernetes_claim(subject: str) -> dict[str, object] | None:
    """Return the claim ``kubernetes.io`` of a token for a subject.

    The names and ids are made up, and the same in every run.

    Args:
        subject: ``system:serviceaccount:<namespace>:<name>``, or anything else.

    Returns:
        The claim, or None when the subject is no service account.
    """
    namespace, _, account = subject.removeprefix(_PREFIX).partition(":")
    if not subject.startswith(_PREFIX) or not namespace or not account:
        return None
    return {
        "namespace": namespace,
        "node": _reference("node", _NODE),
        "pod": _reference("pod", f"{account}-0", namespace),
        "serviceaccount": _reference("serviceaccount", account, namespace),
    }


def _reference(kind: str, name: str, namespace: str = "") -> dict[str, str]:
    return {"name": name, "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{namespace}/{name}"))}
