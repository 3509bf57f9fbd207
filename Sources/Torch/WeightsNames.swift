import Weights

// What readers of tensors and of files of them share: users of Torch need not know of two modules.
package typealias DType = Weights.DType
package typealias ByteSource = Weights.ByteSource
package typealias SafetensorsEntry = Weights.SafetensorsEntry
package typealias SafetensorsError = Weights.SafetensorsError
package typealias SafetensorsFault = Weights.SafetensorsFault
package typealias SafetensorsHeader = Weights.SafetensorsHeader
typealias OpenFile = Weights.OpenFile
typealias OpenFileError = Weights.OpenFileError
