import pytest


@pytest.fixture(scope="package")
def client():
    pytest.importorskip("distributed", reason='Dask is not installed: pip install "visret-lab[scale]"')
    from visret_lab.scale.cluster import open_cluster

    with open_cluster(workers=2) as opened:
        yield opened


@pytest.fixture
def milvus():
    pytest.importorskip("milvus_lite", reason='Milvus Lite is not installed: pip install "visret-lab[scale]"')
    return pytest.importorskip("pymilvus", reason='Milvus is not installed: pip install "visret-lab[scale]"')
