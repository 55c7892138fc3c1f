package interp

// Memory is what an instruction sees of memory: the caller's segments, pages and permissions. Offsets are
// within the segment and cut to the address size; a segment is one of x86.ES to x86.GS. Sizes are 1, 2, 4 and
// 8 bytes, values little endian. False says that the access is refused and nothing has changed; the caller
// knows the fault, and the instruction ends in Refused.
type Memory interface {
	Load(seg uint8, offset uint64, size uint8) (uint64, bool)
	Store(seg uint8, offset uint64, size uint8, v uint64) bool
	// LoadToStore is the read of a read-modify-write: refused as the store would be, which then is not.
	LoadToStore(seg uint8, offset uint64, size uint8) (uint64, bool)
	// Probe refuses what Store, or Load, would, and accesses nothing.
	Probe(seg uint8, offset uint64, size uint8, write bool) bool
}

// Outcome says how an instruction ended.
type Outcome uint8

// Outcomes. All but Done are faults. Float has set flags of MXCSR.
const (
	Done       Outcome = iota
	Refused            // the memory refused an access
	Divide             // #DE
	Bound              // #BR
	Undefined          // #UD
	Protection         // #GP(0)
	MathFault          // #MF: an x87 exception is pending
	Float              // an unmasked exception of SSE or AVX: #XM
)
