package events

import "trapline/internal/x86"

// Release tells apart the two 6.1 kernels that were recorded, where they
// differ in what a definition says or fetches.
type Release uint8

const (
	// Release61192 is 6.1.192, the recorded x86-64 kernel and the default.
	Release61192 Release = iota
	// Release61176 is 6.1.176, the recorded i386 kernel. It misspells one
	// message of error_log, and adds the offset of @+FILEOFFS twice, so that
	// such an argument reads far outside the file and gives 0 or "(fault)".
	Release61176
)

// RecordedRelease is the release that was recorded on the architecture.
func RecordedRelease(a x86.Arch) Release {
	if a == x86.I386 {
		return Release61176
	}
	return Release61192
}
