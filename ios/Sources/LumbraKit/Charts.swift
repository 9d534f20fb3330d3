import Foundation
import LumbraGenerated

extension Chart {
    /// The values, one a day; not a number where there is nothing, which is not zero.
    public var values: [Double] {
        let count = packed.count / MemoryLayout<Double>.stride
        return [Double](unsafeUninitializedCapacity: count) { values, made in
            made = packed.copyBytes(to: values, from: packed.startIndex..<packed.startIndex + count * MemoryLayout<Double>.stride)
                / MemoryLayout<Double>.stride
            for index in values.indices {
                values[index] = Double(bitPattern: UInt64(littleEndian: values[index].bitPattern))
            }
        }
    }
}
