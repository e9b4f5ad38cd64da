"""What the service does with the credential of its machine, and without one."""


def test_it_lists_the_regions(service, alicred_emulator):
    """The call is signed with the credential of the instance, and nothing else."""
    assert "cn-hangzhou" in service.get("/regions").json
    [used] = [credential for credential in alicred_emulator.ledger.credentials if credential.uses]
    assert used.origin == "imds"


def test_it_outlives_its_credential(service, alicred_emulator, alicred_frozen_process):
    """A day later it calls with another one, and nobody has restarted it."""
    service.get("/regions")
    alicred_frozen_process.shift(days=1)
    assert service.get("/regions").status_code == 200
    assert len([credential for credential in alicred_emulator.ledger.credentials if credential.uses]) == 2


def test_a_short_outage_is_not_noticed(service, alicred_emulator, alicred_frozen_process):
    """While metadata are down, the credential of before serves to its end, and the service is healthy."""
    service.get("/regions")
    alicred_emulator.faults.add("imds_down")
    alicred_frozen_process.shift(hours=5, minutes=50)
    assert service.get("/regions").status_code == 200
    health = service.get("/health")
    assert (health.status_code, health.json["state"], health.json["failures_in_a_row"]) == (200, "due", 1)


def test_a_long_outage_is_told_and_survived(service, alicred_emulator, alicred_frozen_process):
    """After the end of its credential it says so, and goes on by itself when metadata are there again."""
    service.get("/regions")
    outage = alicred_emulator.faults.add("imds_down")
    alicred_frozen_process.shift(hours=6)
    assert service.get("/regions").status_code == 503
    assert service.get("/health").status_code == 503
    outage.remove()
    alicred_frozen_process.shift(minutes=1)
    assert service.get("/regions").status_code == 200
    assert service.get("/health").status_code == 200


def test_a_detached_role_is_told(service, alicred_emulator):
    """An instance without a role is the operator's business: the caller sees 503, and no secret."""
    alicred_emulator.instance.role = None
    answer = service.get("/regions")
    assert answer.status_code == 503
    assert answer.json == {"problem": "There is no credential at the moment; try again later."}
    alicred_emulator.instance.role = alicred_emulator.role
    assert service.get("/regions").status_code == 200


def test_it_is_healthy_before_the_first_call(service, alicred_emulator):
    """A health check asks nobody."""
    health = service.get("/health")
    assert (health.status_code, health.json["state"]) == (200, "empty")
    assert not alicred_emulator.journal.count("GET", "*")
