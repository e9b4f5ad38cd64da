"""The OAuth service that aliyun-cli signs in with."""
