"""Chapter 25, the encoders side by side: four vectors of the picture, three of the text, two ways into one space."""

from visret_lab.tables.experiments import ch25_semart


def run(tier, seed=0):
    """Rows of the table "semart-encoders", such as "CCA, R-MAC, title"."""
    if tier != "mini":
        return []
    found = {", ".join(key): similarity for key, (_, similarity) in ch25_semart.encoders(ch25_semart.ground()).items()}
    return ch25_semart.rows_of(ch25_semart.results(found), table=ch25_semart.ENCODERS, seed=seed)
