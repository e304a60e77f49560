from tests.evals.sample_results import X


def test_x() -> None:
    assert X
