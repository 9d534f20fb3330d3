"""What a clinic writes for its patient."""

# The codes of core/domain/src/codes.rs and core/sync/src/fhir/codes.rs.
LOCAL = "http://lumbra.health/fhir/CodeSystem/lumbra"
EXERCISES = "http://lumbra.health/fhir/CodeSystem/exercises"
STIMULATION = "http://lumbra.health/fhir/StructureDefinition/stimulation"
PATIENT = "ann"


def request(identity, **parts):
    """A ServiceRequest of the clinic."""
    base = {"resourceType": "ServiceRequest", "id": identity, "status": "active", "intent": "order"}
    return {**base, "subject": {"reference": f"Patient/{PATIENT}"}, **parts}


def exercise(identity, name):
    """An exercise, once a day."""
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d"}
    code = {"coding": [{"system": EXERCISES, "code": name}]}
    return request(identity, code=code, occurrenceTiming={"repeat": repeat})


def stimulation(identity, cap):
    """A programme with a cap in mA."""
    amount = lambda value, unit: {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}  # noqa: E731
    parts = [
        {"url": "mode", "valueCode": "conventional"},
        {"url": "frequency", "valueQuantity": amount(100, "Hz")},
        {"url": "width", "valueQuantity": amount(100, "us")},
        {"url": "duration", "valueQuantity": amount(20, "min")},
        {"url": "cap", "valueQuantity": amount(cap, "mA")},
        {"url": "perDay", "valuePositiveInt": 2},
    ]
    code = {"coding": [{"system": LOCAL, "code": "tens-session"}]}
    return request(identity, code=code, extension=[{"url": STIMULATION, "extension": parts}])


def goal(identity, text, due):
    """What the plan is to reach."""
    return {
        "resourceType": "Goal",
        "id": identity,
        "lifecycleStatus": "active",
        "description": {"text": text},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "target": [{"dueDate": due}],
    }


def plan(status, *requests, goals=()):
    """The plan of these requests, and of these goals."""
    aims = {"goal": [{"reference": f"Goal/{one}"} for one in goals]} if goals else {}
    return {
        **aims,
        "resourceType": "CarePlan",
        "id": "plan",
        "status": status,
        "intent": "plan",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "activity": [{"reference": {"reference": f"ServiceRequest/{one}"}} for one in requests],
    }
