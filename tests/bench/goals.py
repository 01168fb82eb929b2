"""What each operation is to reach at 100,000 homes and 1,000,000 tickets on two quiet processors.

Times in milliseconds, rates a second, memory in megabytes of a process. Printed beside what was measured:
nothing here is asserted.
"""

from typing import Final

P50_P95: Final[dict[str, tuple[float, float]]] = {
    "caller_lookup_by_phone": (10, 15),
    "search_rare_name": (10, 20),
    "search_common_name": (20, 40),
    "save_call_and_ticket": (15, 25),
    "ticket_list_first_page": (15, 25),
    "ticket_list_deep_page": (15, 25),
    "ticket_page": (10, 18),
}
GOALS: Final[dict[str, dict[str, float]]] = {
    **{op: {"p50_ms": p50, "p95_ms": p95} for op, (p50, p95) in P50_P95.items()},
    "caller_lookup_in_database": {"p95_ms": 2},
    "routing_decision": {"p95_ms": 5},
    "ticket_list_first_page_8_clients": {"per_second": 120},
    "ticket_page_8_clients": {"per_second": 200},
    "save_call_and_ticket_8_clients": {"per_second": 120},
    "p95_ratio": {"ratio": 1.3},
    "web_process_memory_at_start": {"mb": 150},
    "web_process_memory": {"mb": 200},
    "sms_ticket_saved_to_post": {"p95_ms": 500},
    "sms_sending": {"per_second": 100},
    "sms_backlog": {"per_second": 100},
    "status_callbacks": {"per_second": 300},
    "dispatcher": {"per_second": 5000},
    "webhook_to_screen": {"p95_ms": 300, "memory_mb": 200, "seen": 1},
    "import_nine_files": {"seconds": 60, "memory_mb": 500},
    "import_nine_files_again": {"seconds": 20, "memory_mb": 500},
}
