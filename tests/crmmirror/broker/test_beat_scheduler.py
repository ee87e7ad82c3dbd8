"""Beat goes on after a failover, although its connection still leads to the former primary."""

from pathlib import Path

import pytest
from celery import Celery
from celery.beat import ScheduleEntry, SchedulingError
from django.conf import settings

from crmmirror.beat_schedule import ClockSafeSchedule
from crmmirror.broker.beat_scheduler import ReconnectingScheduler
from tests.support.faults.proxy import Proxy
from tests.support.faults.refusing_broker import count_messages, read_only, run_valkey
from tests.support.ports import HOST


def test_a_connection_to_a_former_primary_is_given_up(tmp_path: Path) -> None:
    with run_valkey(tmp_path / "a") as former, run_valkey(tmp_path / "b") as present, Proxy(former) as proxy:
        app = Celery(broker=f"redis://{HOST}:{proxy.port}/0", set_as_current=False)
        app.conf.task_publish_retry = settings.CELERY_TASK_PUBLISH_RETRY
        scheduler = ReconnectingScheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
        entry = ScheduleEntry(name="sweep", task="sweep", schedule=ClockSafeSchedule(1), app=app)
        scheduler.apply_async(entry, producer=scheduler.producer)
        proxy.target = present
        with read_only(former):
            with pytest.raises(SchedulingError):
                scheduler.apply_async(entry, producer=scheduler.producer)
            scheduler.apply_async(entry, producer=scheduler.producer)
            assert (count_messages(former), count_messages(present)) == (1, 1)
        scheduler.close()
