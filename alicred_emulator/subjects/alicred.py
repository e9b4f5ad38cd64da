"""alicred as a client of the fakes: the only module of this package that imports it, the plugin apart."""

from alicred import Client, Config, CredentialException, testing
from alicred_emulator.clock import EmulatorClock

__all__ = ["AlicredSubject"]


class AlicredSubject:
    """One client of alicred's for the instance's role, on the emulator's clock.

    The clock is that of the whole process until `close`.

    Args:
        clock: The clock of the fakes.
        disable_imds_v1: Whether the client refuses metadata in normal mode.
    """

    def __init__(self, clock: EmulatorClock, *, disable_imds_v1: bool = False) -> None:
        testing.use_clock(clock.client_time)
        testing.seed(1)
        self._client = Client(Config(type="ecs_ram_role", disable_imds_v1=disable_imds_v1))

    def read(self) -> str:
        """Return the key id of the credential that the client hands out.

        Raises:
            SubjectError: The client hands out none.
        """
        try:
            return str(self._client.get_credential().access_key_id)
        except CredentialException as error:
            raise SubjectError(error.problem, error.remedy) from error

    def close(self) -> None:
        """Give the process its clock back."""
        self._client.close()
        testing.reset()


class SubjectError(Exception):
    """The client could not give a credential, and said why.

    Attributes:
        problem: What happened.
        remedy: What to do.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
