package x86

import "encoding/binary"

// TSSSize is the size in bytes of both kinds of TSS, without an I/O permission
// bitmap; its limit is one less.
const TSSSize = 104

// TSS32 is the task state segment of protected mode (SDM vol. 3, figure 8-2).
// The high halves of the segment fields are reserved and written as zero.
type TSS32 struct {
	Link   uint16     // 0: selector of the task that was interrupted
	Stacks [3]Stack32 // 4, 12, 20: for CPL 0, 1 and 2
	CR3    uint32     // 28
	EIP    uint32     // 32
	EFLAGS uint32     // 36
	GPR    [8]uint32  // 40: eax, ecx, edx, ebx, esp, ebp, esi, edi
	Seg    [6]uint16  // 72: es, cs, ss, ds, fs, gs, four bytes apart
	LDT    uint16     // 96
	Trap   bool       // 100, bit 0: #DB on a switch to this task
	IOMap  uint16     // 102: offset of the I/O permission bitmap; beyond the limit: none
}

// Stack32 is a stack that the processor switches to.
type Stack32 struct {
	ESP uint32
	SS  uint16
}

// TSSIOMap is the offset of IOMap in both kinds of TSS.
const TSSIOMap = 102

// Offsets in a TSS32.
const (
	TSS32ESP0 = 4
	TSS32SS0  = 8
	tss32EIP  = 32
	tss32LDT  = 96
)

// TSS32Saved are the offsets of what a task switch saves: EIP to the segments,
// and the first one behind (SDM vol. 3, 7.3).
const TSS32Saved, TSS32SavedEnd = tss32EIP, tss32LDT

// Encode gives the bytes of the TSS.
func (t TSS32) Encode() [TSSSize]byte {
	var b [TSSSize]byte
	put16 := func(offset int, v uint16) { binary.LittleEndian.PutUint16(b[offset:], v) }
	put32 := func(offset int, v uint32) { binary.LittleEndian.PutUint32(b[offset:], v) }
	put16(0, t.Link)
	for n, s := range t.Stacks {
		put32(TSS32ESP0+8*n, s.ESP)
		put16(TSS32SS0+8*n, s.SS)
	}
	put32(28, t.CR3)
	put32(tss32EIP, t.EIP)
	put32(36, t.EFLAGS)
	for n, v := range t.GPR {
		put32(40+4*n, v)
	}
	for n, v := range t.Seg {
		put16(72+4*n, v)
	}
	put16(tss32LDT, t.LDT)
	if t.Trap {
		b[100] = 1
	}
	put16(TSSIOMap, t.IOMap)
	return b
}

// DecodeTSS32 reads the bytes of a TSS.
func DecodeTSS32(b [TSSSize]byte) TSS32 {
	get16 := func(offset int) uint16 { return binary.LittleEndian.Uint16(b[offset:]) }
	get32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(b[offset:]) }
	t := TSS32{
		Link: get16(0), CR3: get32(28), EIP: get32(tss32EIP), EFLAGS: get32(36),
		LDT: get16(tss32LDT), Trap: b[100]&1 != 0, IOMap: get16(TSSIOMap),
	}
	for n := range t.Stacks {
		t.Stacks[n] = Stack32{get32(TSS32ESP0 + 8*n), get16(TSS32SS0 + 8*n)}
	}
	for n := range t.GPR {
		t.GPR[n] = get32(40 + 4*n)
	}
	for n := range t.Seg {
		t.Seg[n] = get16(72 + 4*n)
	}
	return t
}

// Offsets in the task state segment of 64-bit mode (SDM vol. 3, figure 8-11).
const (
	TSS64RSP0 = 4
	TSS64IST1 = 36
)

// TSS64Stack is the offset of interrupt stack n, 1 to 7, in it.
func TSS64Stack(n uint8) uint64 { return TSS64IST1 + 8*uint64(n-1) }
