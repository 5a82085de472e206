"""What a notebook holds: one report of a set, with its store, its month and the ways to show results.

Every method displays what it is given and attaches the data to the cell's output, so that JupyterLab shows the
same as the page, the kernel writes no file, and the runner collects figures and tables from the notebook::

    report = open_report(set_file, "churn_diagnosis", month=month)
    report.figure("lapse_rate", retention.lapse_rate, previous=before.lapse_rate)
    report.chart(plot_monthly_flows, flows)
"""

from retention_lib.workbench.opening import open_check, open_report
from retention_lib.workbench.report import Report

__all__ = ["Report", "open_check", "open_report"]
