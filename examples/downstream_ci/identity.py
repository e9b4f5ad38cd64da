"""Who this machine is to Alibaba Cloud: a line for the log, when the service starts."""

from alicred import Client, CredentialException


def identity() -> str:
    """Return where the credential is from, and the end of its key id; or why there is none."""
    try:
        credential = Client.shared().get_credential()
    except CredentialException as error:
        return f"nobody: {error}"
    return f"{credential.provider_name}, key ...{credential.access_key_id[-4:]}"


if __name__ == "__main__":
    print(identity())
