"""Pictures of answers as SVG, and the page that shows them.

    from api.client import connect
    from api.report import chains, cycle, ownership, surroundings

    risk = connect("sqlite:///linkrisk.db")
    surroundings(risk, risk.related_parties(subject="p1", depth=2))    # a picture in Jupyter

A picture is drawn from an answer and the facts that it cites, through a client: over HTTP as in
process.
"""

from api.report.canvas import Picture
from api.report.chains import chains
from api.report.flow import flow
from api.report.network import surroundings
from api.report.pyramid import ownership
from api.report.ring import cycle
from api.report.timeline import timeline

__all__ = ["Picture", "chains", "cycle", "flow", "ownership", "surroundings", "timeline"]
