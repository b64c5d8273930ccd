def model(dbt, session):
    """Call disclosure control: a search over all tables at once, with linear programmes, is no work for SQL."""
    from disclosure.release import earlier_release, release

    tabulated = dbt.ref("tabulated_counts").project("terms, n, is_headline").fetchall()
    implications = dbt.ref("population_implications").project("premise, conclusion").fetchall()
    return release(tabulated, implications, earlier_release(), int(dbt.config.meta_get("min_cell_count")))
