package linux

import (
	"debug/elf"
	"slices"
)

// DWARF's call frame instructions, pointer encodings and numbers of registers (DWARF 5, 7.24; LSB 5.0, 10.5; the ABI supplements).
const (
	cfaDefCFA       = 0x0c
	cfaDefCFAOffset = 0x0e
	cfaAdvance      = 0x40
	cfaOffset       = 0x80
	cfaRestore      = 0xc0

	pointerRelative = 0x1b // to its place, in four bytes
	dataRelative    = 0x3b // to .eh_frame_hdr, in four bytes
	plainCount      = 0x03

	dwarfECX, dwarfEDX, dwarfESP, dwarfEBP, dwarfEIP = 1, 2, 4, 5, 8
	dwarfRSP, dwarfRIP                               = 7, 16
)

// framesOfVsyscall tells where the caller's registers are at each instruction of __kernel_vsyscall.
func framesOfVsyscall() []byte {
	var program []byte
	for i, r := range []byte{dwarfECX, dwarfEDX, dwarfEBP} { // pushes of one byte
		below := byte(i + 2)
		program = append(program, cfaAdvance|1, cfaDefCFAOffset, 4*below, cfaOffset|r, below)
	}
	landing := byte(vdsoLanding - vdsoVsyscall)
	for i, r := range []byte{dwarfEBP, dwarfEDX, dwarfECX} {
		advance := byte(1)
		if i == 0 {
			advance = landing + 1 - 3
		}
		program = append(program, cfaAdvance|advance, cfaDefCFAOffset, byte(4*(3-i)), cfaRestore|r)
	}
	return program
}

// unwindPart places .eh_frame and .eh_frame_hdr, which tell how to get out of the functions at each of their instructions,
// and gives where .eh_frame_hdr is.
func (v *vdsoBuilder) unwindPart() uint64 {
	word, stack, back := byte(v.word), byte(dwarfESP), byte(dwarfEIP)
	if v.word == 8 {
		stack, back = dwarfRSP, dwarfRIP
	}
	v.pad(uint64(v.word))
	start := v.at
	frames := v.padded(slices.Concat(
		[]byte{0, 0, 0, 0, 1, 'z', 'R', 0, 1, -word & 0x7f, back, 1, pointerRelative}, // code by 1, data by minus a word
		[]byte{cfaDefCFA, stack, word, cfaOffset | back, 1}))
	type described struct{ function, description uint64 }
	var index []described
	for _, f := range v.functions {
		if !f.unwinds {
			continue
		}
		at := start + uint64(len(frames))
		entry := le.AppendUint32(nil, uint32(at+4-start))
		entry = le.AppendUint32(entry, uint32(f.start-(at+8)))
		entry = le.AppendUint32(entry, uint32(len(f.code)))
		frames = append(frames, v.padded(append(append(entry, 0), f.frames...))...)
		index = append(index, described{f.start, at})
	}
	alloc := elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC)}
	v.section(".eh_frame", alloc, append(frames, 0, 0, 0, 0))

	v.pad(uint64(v.word))
	at := v.at
	header := []byte{1, pointerRelative, plainCount, dataRelative}
	header = le.AppendUint32(header, uint32(start-(at+4)))
	header = le.AppendUint32(header, uint32(len(index)))
	for _, d := range index {
		header = le.AppendUint32(header, uint32(d.function-at))
		header = le.AppendUint32(header, uint32(d.description-at))
	}
	return v.section(".eh_frame_hdr", alloc, header)
}

// padded puts an entry of .eh_frame behind its length, and both take a multiple of a word.
func (v *vdsoBuilder) padded(entry []byte) []byte {
	const length = 4
	entry = append(entry, make([]byte, -(len(entry)+length)&(v.word-1))...) // DW_CFA_nop
	return append(le.AppendUint32(nil, uint32(len(entry))), entry...)
}
