"""Beyond one machine: the same code on engines that others have built, by changing an address.

    cluster -> extraction        features of many pictures, on Dask
    vectors, shards, fresh       an index on Milvus; one cut over machines; one that takes new pictures at once
    assumptions                  what all of it takes, on paper

Needs the extra `scale`: pip install "visret-lab[scale]". Shards, fresh and assumptions do without.
"""
