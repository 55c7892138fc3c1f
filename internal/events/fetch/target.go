// Package fetch runs the fetch arguments of a probe against a machine and
// stores what they give as the kernel's trace record does: fixed parts side
// by side, strings behind locators, faults as zero or as an empty locator
// (SEMANTICS E2, E8). It prints records as trace lines do, and as JSON.
package fetch

import (
	"trapline/internal/events"
	"trapline/internal/x86"
)

// Target is the machine at a hit: what the probe's handler can see.
type Target interface {
	// Register gives a field of the hit's struct pt_regs. For a return probe
	// that is the state on return.
	Register(r events.Reg) uint64
	// ReadUser reads memory of the current process into p and tells how many
	// bytes came before a fault: len(p) when all are there. A kernel probe's
	// target must not bring pages in; a uprobe's may.
	ReadUser(addr uint64, p []byte) int
	// ReadKernel is ReadUser for kernel memory. Uprobes never call it.
	ReadKernel(addr uint64, p []byte) int
	// Comm is the current task's name, at most 15 bytes.
	Comm() string
}

// Hit is where a probe fired.
type Hit struct {
	// Addr is the probed address; the function's, for a return probe.
	Addr uint64
	// Return is the address returned to, for a return probe.
	Return uint64
}

// Symbols names kernel addresses; nil means that none is known.
type Symbols interface {
	// Lookup finds the symbol whose range holds the address.
	Lookup(addr uint64) (events.Symbol, bool)
}

// layout is what fetching depends on, by architecture.
type layout struct {
	// userEnd is the first address above user space (TASK_SIZE).
	userEnd uint64
	// stackSize is a kernel stack's size and alignment (THREAD_SIZE), bytes.
	stackSize uint64
	// maxRecord is the largest record the ring buffer takes
	// (BUF_MAX_DATA_SIZE): a page without the page's and the event's header.
	maxRecord int
}

const pageSize = 4096

var layouts = [...]layout{
	x86.AMD64: {userEnd: 1<<47 - pageSize, stackSize: 16 << 10, maxRecord: pageSize - 16 - 8},
	x86.I386:  {userEnd: 0xc0000000, stackSize: 8 << 10, maxRecord: pageSize - 12 - 8},
}
