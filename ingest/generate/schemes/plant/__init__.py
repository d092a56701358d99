"""The planters: each makes one instance of a scheme, or of what innocently looks like it."""

from ingest.generate.schemes.plant.affiliates import AFFILIATES
from ingest.generate.schemes.plant.bursts import BURSTS
from ingest.generate.schemes.plant.circles import CIRCLES
from ingest.generate.schemes.plant.dens import DENS
from ingest.generate.schemes.plant.fans import FANS
from ingest.generate.schemes.plant.gangs import GANGS
from ingest.generate.schemes.plant.layers import LAYERS
from ingest.generate.schemes.plant.middlemen import MIDDLEMEN
from ingest.generate.schemes.plant.mules import MULES
from ingest.generate.schemes.plant.pools import POOLS
from ingest.generate.schemes.plant.rented import RENTED
from ingest.generate.schemes.plant.shared import SHARED
from ingest.generate.schemes.site import Planter

PLANTERS: tuple[Planter, ...] = (
    *FANS,
    *LAYERS,
    *MULES,
    *POOLS,
    *RENTED,
    *SHARED,
    *GANGS,
    *DENS,
    *CIRCLES,
    *MIDDLEMEN,
    *BURSTS,
    *AFFILIATES,
)
