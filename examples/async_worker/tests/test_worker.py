"""What becomes of jobs when the credential, its source or the worker ends in the middle of the work."""

import asyncio

from worker import main

from alicred_emulator import Fault

REGIONS = ("cn-hangzhou", "cn-beijing", "ap-southeast-1")


def fetched(emulator) -> int:
    """Return how many times the credential was asked for."""
    return emulator.imds.journal.count("GET", "/latest/meta-data/ram/security-credentials/?*")


async def done(jobs: asyncio.Queue[str], *regions: str) -> None:
    """Put jobs into the queue, and wait until all of it is done."""
    for region in regions:
        jobs.put_nowait(region)
    await asyncio.wait_for(jobs.join(), timeout=10)


async def test_many_workers_need_one_credential(hire, jobs, found, alicred_emulator):
    """They begin together, and the instance is asked once."""
    for _ in REGIONS:
        hire()
    await done(jobs, *REGIONS)
    assert found.keys() == set(REGIONS)
    assert fetched(alicred_emulator) == 1


async def test_the_credential_ends_in_the_middle_of_the_work(
    hire, jobs, found, alicred_emulator, alicred_frozen_process
):
    """The next job is done with the next one; nobody has to tell the worker."""
    hire()
    await done(jobs, "cn-hangzhou")
    alicred_frozen_process.shift(hours=7)
    await done(jobs, "cn-beijing")
    assert found.keys() == {"cn-hangzhou", "cn-beijing"}
    assert fetched(alicred_emulator) == 2


async def test_no_job_is_lost_in_an_outage(
    hire, jobs, found, caplog, alicred_emulator, alicred_frozen_process
):
    """Jobs that come while there is no credential are done when it is over."""
    outage = alicred_emulator.faults.add("imds_down")
    hire()
    work = asyncio.create_task(done(jobs, *REGIONS))
    while "no credential for cn-beijing" not in caplog.text:
        await asyncio.sleep(0.001)
    outage.remove()
    # alicred leaves a service that has failed alone for a while.
    alicred_frozen_process.shift(minutes=1)
    await work
    assert found.keys() == set(REGIONS)


async def test_a_cancelled_worker_leaves_its_job_to_the_others(hire, jobs, found, alicred_emulator):
    """It ends at once, in the middle of a fetch, which goes on for the other; so does its job."""
    slow = alicred_emulator.imds.faults.add(Fault.delay(0.2), times=1)
    first = hire()
    hire()
    work = asyncio.create_task(done(jobs, "cn-hangzhou", "cn-beijing"))
    while not slow.hits:
        await asyncio.sleep(0.001)
    first.cancel()
    await asyncio.wait([first])
    assert not found
    await work
    assert found.keys() == {"cn-hangzhou", "cn-beijing"}
    assert fetched(alicred_emulator) == 1


async def test_it_prints_what_it_found(capsys):
    """A line for each region, and then it ends."""
    await main(REGIONS)
    assert sorted(line.split("\t")[0] for line in capsys.readouterr().out.splitlines()) == sorted(REGIONS)
