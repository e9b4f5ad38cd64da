"""STS as an API behind the gateway: its actions, and its part of the decision table."""

from typing import Final

from alicred_emulator.gateway import checks, verification
from alicred_emulator.gateway.api import Api
from alicred_emulator.gateway.call import Action
from alicred_emulator.sts import actions, federation_checks, parameter_checks, permission_checks
from alicred_emulator.sts.call import StsCall

STS: Final = Api(
    product="Sts",
    call=StsCall,
    checks={
        **checks.CHECKS,
        **verification.CHECKS,
        **parameter_checks.CHECKS,
        **federation_checks.CHECKS,
        **permission_checks.CHECKS,
    },
    actions={
        "AssumeRole": Action(answer=actions.assume_role, needs=("RoleArn", "RoleSessionName")),
        "AssumeRoleWithOIDC": Action(
            answer=actions.assume_role_with_oidc,
            needs=("OIDCProviderArn", "RoleArn", "OIDCToken", "RoleSessionName"),
            anonymous=True,
        ),
        "AssumeRoleWithSAML": Action(
            answer=actions.assume_role_with_saml,
            needs=("SAMLProviderArn", "RoleArn", "SAMLAssertion"),
            anonymous=True,
        ),
        "GetCallerIdentity": Action(answer=actions.get_caller_identity),
        "GenerateSessionAccessKey": Action(
            answer=actions.generate_session_access_key, needs=("DurationSeconds",), signed_by_key_pair=True
        ),
    },
)
