"""Two functions for jobs: one simulates a population of fish, one compares what came out.

`map_function_across_workers.py` makes a workflow of them. Nothing here knows of torc.
"""

CAPACITY = 1_000.0
"""How many fish the lake feeds."""
YEARS = 100


def run(job_name: str, parameters: dict) -> dict:
    """Return what a lake yields if a share of its fish is caught every year."""
    growth, caught = parameters["growth"], parameters["caught"]
    fish = CAPACITY / 2
    total = 0.0
    for _ in range(YEARS):
        fish += growth * fish * (1 - fish / CAPACITY)
        total += caught * fish
        fish -= caught * fish
    print(f"{job_name}: {fish:.0f} fish are left")
    return {"parameters": parameters, "fish": round(fish), "catch": round(total)}


def postprocess(results: list[dict]) -> dict:
    """Return the best of all simulations."""
    best = max(results, key=lambda result: result["catch"])
    return {"simulations": len(results), "best": best}
