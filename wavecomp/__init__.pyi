from wavecomp.adjoint import ArrayCode as ArrayCode
from wavecomp.adjoint import GradientRun as GradientRun
from wavecomp.adjoint import Reversal as Reversal
from wavecomp.adjoint import StepCode as StepCode
from wavecomp.adjoint import TimeStepping as TimeStepping
from wavecomp.adjoint import check_code as check_code
from wavecomp.compressors import check_bound as check_bound
from wavecomp.compressors import default_registry as default_registry
from wavecomp.compressors import with_plugins as with_plugins
from wavecomp.errors import WavecompError as WavecompError
from wavecomp.gradient_plan import plan as plan
from wavecomp.gradient_study import study_gradients as study_gradients
from wavecomp.impact.own_code import OwnCode as OwnCode
from wavecomp.metrics import gradient_distance as gradient_distance
from wavecomp.physics.problem_recipe import find_problem as find_problem
from wavecomp.planning.job import job_in_words as job_in_words
from wavecomp.plans.strategies import parse_strategy as parse_strategy
from wavecomp.records import Archive as Archive
from wavecomp.records import GradientArchive as GradientArchive
from wavecomp.records import load_gradients as load_gradients

__version__: str
