"""CloudSSO, as far as SDKs and aliyun-cli speak it."""
