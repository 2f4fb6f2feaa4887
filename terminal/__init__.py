"""The fourth door: what an administrator types. `opstap` answers in sentences, and with an exit."""

from terminal.chosen import Plainly
from terminal.forgetting import families, forget
from terminal.giving_up import parked
from terminal.keeping import backup, drill, restore
from terminal.letting_in import account, token
from terminal.looking import check, events, jobs
from terminal.running import clock, migrate, seed, serve
from terminal.taking_in import take_in

command = Plainly(
    "opstap",
    help="Run and look after Opstap.",
    commands=[
        serve,
        clock,
        migrate,
        seed,
        token,
        account,
        take_in,
        jobs,
        events,
        check,
        parked,
        backup,
        restore,
        drill,
        forget,
        families,
    ],
)
