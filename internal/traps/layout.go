package traps

import "trapline/internal/x86"

// Layout is where the modelled kernel keeps things, by linear address.
type Layout struct {
	Text, Data uint64 // kernel text and data
	Stacks     uint64 // vCPU i's kernel stack ends at Stacks + (i+1)*StackStride
	Heap       uint64 // AllocKernel's memory, up to KernelEnd
	KernelEnd  uint64 // scenarios may use kernel memory from here
	KernelCS   uint16
	KernelDS   uint16
	UserCS     uint16
	UserDS     uint16
	TSS        uint16 // selector of vCPU 0's TSS; the next ones follow
}

// user32CS is the selector of 32-bit user code on x86-64 (__USER32_CS).
const user32CS = 0x23

// Sizes of kernel stacks. Below each lies an unmapped guard page, so that a
// stack that runs out faults instead of eating its neighbour.
const (
	StackSize   = 8192 // THREAD_SIZE of 2.5: thread_info at its bottom
	StackStride = 4 * 4096
	istSize     = 4096 // the double-fault stack of a 64-bit vCPU
)

// Layouts as of Linux 2.5.30 (i386) and of 2.6 (x86-64): selectors are theirs.
var (
	layout32 = Layout{
		Text: 0xc0100000, Data: 0xc0180000, Stacks: 0xc0300000, Heap: 0xc0330000, KernelEnd: 0xc0400000,
		KernelCS: 0x10, KernelDS: 0x18, UserCS: 0x23, UserDS: 0x2b, TSS: 0x80,
	}
	layout64 = Layout{
		Text: 0xffffffff80100000, Data: 0xffffffff80180000, Stacks: 0xffffffff80300000, Heap: 0xffffffff80330000, KernelEnd: 0xffffffff80400000,
		KernelCS: 0x10, KernelDS: 0x18, UserCS: 0x33, UserDS: 0x2b, TSS: 0x80,
	}
)

// LayoutOf gives the layout of a's kernel.
func LayoutOf(a x86.Arch) Layout {
	if a == x86.AMD64 {
		return layout64
	}
	return layout32
}

// StackTop is the first address above vCPU cpu's kernel stack.
func (l Layout) StackTop(cpu int) uint64 { return l.Stacks + uint64(cpu+1)*StackStride }

// ThreadInfo is the address of the thread_info at the bottom of the stack.
func (l Layout) ThreadInfo(cpu int) uint64 { return l.StackTop(cpu) - StackSize }

// KernelStacks are a vCPU's stack and, on x86-64, the one for double faults
// behind it.
func (l Layout) KernelStacks(cpu int, a x86.Arch) (low, high uint64) {
	high = l.StackTop(cpu)
	if a == x86.AMD64 {
		high += istSize
	}
	return l.StackTop(cpu) - StackSize, high
}

// NumberOf is the address of the word, 4 bytes, in which a vCPU finds its number.
func (l Layout) NumberOf(cpu int) uint64 { return l.ThreadInfo(cpu) + threadCPU }

// tssSelector is vCPU cpu's TSS selector: descriptors are two slots wide in
// 64-bit mode, and kept two apart in both.
func (l Layout) tssSelector(cpu int) uint16 { return l.TSS + uint16(cpu)*16 }

// Fields of thread_info, offsets in bytes; all are 4 bytes wide but for the
// debug registers, which have a word.
const (
	threadCPU          = 12
	threadPreemptCount = 16
	threadNeedResched  = 20
	threadPending      = 24 // signals, bit per number
	threadPtrace       = 28
	threadDR6          = 32
	threadDR7          = 40

	ptPtraced, ptDTrace = 1, 2 // of threadPtrace
)
