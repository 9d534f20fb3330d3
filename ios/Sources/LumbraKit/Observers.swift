import LumbraGenerated

/*
 * What the core calls. Each only hands on, and never blocks. The core lets go of an observer when it has no more to tell: then the
 * sequence ends.
 */

final class SnapshotListener: SnapshotObserver {
    private let hearing: Hearing<Snapshot>

    init(_ hearing: Hearing<Snapshot>) {
        self.hearing = hearing
    }

    deinit {
        hearing.over()
    }

    func onSnapshot(snapshot: Snapshot) {
        hearing.hear(snapshot)
    }
}

final class EventListener: EventObserver {
    private let hearing: Hearing<DeviceEvent>

    init(_ hearing: Hearing<DeviceEvent>) {
        self.hearing = hearing
    }

    deinit {
        hearing.over()
    }

    func onEvent(event: DeviceEvent) {
        hearing.hear(event)
    }
}

final class ScanListener: ScanObserver {
    private let hearing: Hearing<Discovered>

    init(_ hearing: Hearing<Discovered>) {
        self.hearing = hearing
    }

    deinit {
        hearing.over()
    }

    func onDiscovered(discovered: Discovered) {
        hearing.hear(discovered)
    }

    func onEnded() {
        hearing.over()
    }
}

final class ClinicListener: ClinicObserver {
    private let hearing: Hearing<ClinicState>

    init(_ hearing: Hearing<ClinicState>) {
        self.hearing = hearing
    }

    deinit {
        hearing.over()
    }

    func onState(state: ClinicState) {
        hearing.hear(state)
    }

    func onEnded() {
        hearing.over()
    }
}
