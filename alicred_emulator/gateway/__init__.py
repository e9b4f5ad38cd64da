"""What STS and the resource APIs share: reading a call, finding out who calls, refusing or answering it."""
