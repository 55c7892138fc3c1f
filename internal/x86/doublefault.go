package x86

// Outcome is what becomes of an exception that is raised while another event
// is being delivered.
type Outcome uint8

const (
	Serial      Outcome = iota // the second is delivered in turn; the first's instruction is tried again later
	DoubleFault                // #DF, error code 0, in place of both
	TripleFault                // the processor shuts down
)

// Combine says what happens when delivering an event of class first raises an
// exception of class second (P4; SDM vol. 3, table 6-5, and 6.15 on vector 8).
// The class of a software or external interrupt is Benign.
func Combine(first, second Class) Outcome {
	switch {
	case second == Benign, second == Double:
		return Serial
	case first == Double:
		return TripleFault
	case first == Contributory && second == Contributory, first == PageFault:
		return DoubleFault
	}
	return Serial
}
