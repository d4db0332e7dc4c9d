from billing.totals import get_total, get_total_tax

# The keys are part of our public interface.
ACTIONS = {
    "get_total": get_total,
    "get_total_tax": get_total_tax,
}


def run(action, *arguments):
    return ACTIONS[action](*arguments)
