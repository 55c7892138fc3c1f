package linux

import (
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// gdtEntries is the size of the descriptor table, as both kernels have it.
const gdtEntries = 16

// flat is a descriptor of the whole address space for a ring, accessed.
func flat(d x86.Descriptor, ring uint8) uint64 {
	d.Access |= x86.AccessAccessed
	return d.WithDPL(ring).Encode()
}

// cpuNumber is the descriptor whose limit is the number of a vCPU (GDT_ENTRY_CPUNODE).
func cpuNumber(id int) uint64 {
	const access = x86.AccessPresent | x86.AccessSegment | x86.AccessExpandDown | x86.AccessAccessed
	return x86.Descriptor{Limit: uint32(id), Access: access, Flags: x86.FlagBig}.WithDPL(3).Encode()
}

// descriptors is the descriptor table without the thread's TLS entries.
func descriptors(a x86.Arch) [gdtEntries]uint64 {
	var d [gdtEntries]uint64
	kernelData, userCode32, userData := flat(x86.FlatData, 0), flat(x86.FlatCode32, 3), flat(x86.FlatData, 3)
	if a == x86.I386 {
		d[12], d[13], d[14], d[15] = flat(x86.FlatCode32, 0), kernelData, userCode32, userData
		return d
	}
	d[2], d[3] = flat(x86.FlatCode64, 0), kernelData
	d[4], d[5], d[6] = userCode32, userData, flat(x86.FlatCode64, 3)
	d[15] = cpuNumber(0)
	return d
}

// layoutOf is the layout of programs of a width; nil: the kernel has none.
func (k *Kernel) layoutOf(program x86.Arch) *mm.Layout { return mm.LayoutOf(k.m.Arch, program) }

// TaskSize is the first address that is not the user's in programs of a width that the kernel runs.
func (k *Kernel) TaskSize(program x86.Arch) uint64 { return k.layoutOf(program).TaskSize }
