"""The 0.975 quantiles of Student's t for 1 to 60 degrees of freedom: python make_student.py > student.json (scipy 1.17)."""

import json

from scipy.stats import t

print(json.dumps([t.ppf(0.975, degrees) for degrees in range(1, 61)]))
