package x86

// FrameWord is what a word is that a delivery pushes (SDM vol. 3, 6.12.1, 6.14.2 and 20.3.1).
type FrameWord uint8

// The words of a frame. The first four segments come from virtual-8086 mode only.
const (
	FrameGS FrameWord = iota
	FrameFS
	FrameDS
	FrameES
	FrameSS
	FrameSP
	FrameFlags
	FrameCS
	FrameIP
	FrameError
)

// Name is what the word is called on a, such as "eip" or "error code".
func (w FrameWord) Name(a Arch) string {
	switch w {
	case FrameSP:
		return RSP.Name(a)
	case FrameFlags:
		return a.FlagsName()
	case FrameIP:
		return a.IPName()
	case FrameError:
		return "error code"
	}
	return SegmentName([...]int{FrameGS: GS, FrameFS: FS, FrameDS: DS, FrameES: ES, FrameSS: SS, FrameCS: CS}[w])
}
