package linux

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"trapline/emu"
)

// Offsets in the i386 vDSO's page. Its ELF parts lie before its code.
const (
	vdsoVsyscall    = 0x400 // __kernel_vsyscall
	vdsoLanding     = vdsoVsyscall + 9
	vdsoSigreturn   = 0x420 // __kernel_sigreturn
	vdsoRTSigreturn = 0x430 // __kernel_rt_sigreturn
	vdsoEnd         = vdsoRTSigreturn + 7
)

// Code of the vDSO. __kernel_vsyscall saves what SYSENTER and SYSEXIT do not
// keep (push ecx, edx, ebp) and passes its stack in EBP. The kernel returns from
// a SYSENTER, wherever it was, to the landing pad (pop ebp, edx, ecx; ret)
// behind the INT 80h, which is there so that a call to be restarted is entered
// again by going back two bytes.
var (
	codeVsyscall    = []byte{0x51, 0x52, 0x55, 0x89, 0xe5, 0x0f, 0x34, 0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3}
	codeSigreturn   = []byte{0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80} // pop eax; mov eax, sigreturn; int 80h
	codeRTSigreturn = []byte{0xb8, 173, 0, 0, 0, 0xcd, 0x80}       // mov eax, rt_sigreturn; int 80h
)

// vdsoImage is the i386 vDSO: an ELF shared object, linked at 0, of one
// segment.
var vdsoImage = makeVDSO()

func makeVDSO() []byte {
	names := []string{"__kernel_vsyscall", "__kernel_sigreturn", "__kernel_rt_sigreturn"}
	starts := []uint32{vdsoVsyscall, vdsoSigreturn, vdsoRTSigreturn}
	codes := [][]byte{codeVsyscall, codeSigreturn, codeRTSigreturn}
	const soname = "linux-gate.so.1"
	text := "\x00" + soname + "\x00"
	symbols := []elf.Sym32{{}}
	// A hash table of one bucket: a chain through all symbols.
	hash := []uint32{1, uint32(1 + len(names)), 1, 0}
	for i, name := range names {
		symbols = append(symbols, elf.Sym32{
			Name: uint32(len(text)), Value: starts[i], Size: uint32(len(codes[i])),
			Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: uint16(elf.SHN_ABS) - 1,
		})
		text += name + "\x00"
		hash = append(hash, uint32(i+2)%uint32(1+len(names)))
	}
	const phdrs = 2
	header := uint32(binary.Size(elf.Header32{}))
	hashAt := header + phdrs*uint32(binary.Size(elf.Prog32{}))
	symAt := hashAt + uint32(binary.Size(hash))
	textAt := symAt + uint32(binary.Size(symbols))
	dynAt := (textAt + uint32(len(text)) + 3) &^ 3
	dyn := []elf.Dyn32{
		{Tag: int32(elf.DT_SONAME), Val: 1}, {Tag: int32(elf.DT_HASH), Val: hashAt},
		{Tag: int32(elf.DT_STRTAB), Val: textAt}, {Tag: int32(elf.DT_SYMTAB), Val: symAt},
		{Tag: int32(elf.DT_STRSZ), Val: uint32(len(text))}, {Tag: int32(elf.DT_SYMENT), Val: 16}, {},
	}
	dynSize := uint32(binary.Size(dyn))
	e := elf.Header32{
		Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_386), Version: 1, Entry: vdsoVsyscall, Phoff: header,
		Ehsize: uint16(header), Phentsize: 32, Phnum: phdrs, Shentsize: 40,
	}
	copy(e.Ident[:], elf.ELFMAG+"\x01\x01\x01")
	var b bytes.Buffer
	for _, part := range []any{
		e, elf.Prog32{Type: uint32(elf.PT_LOAD), Filesz: vdsoEnd, Memsz: vdsoEnd, Flags: uint32(elf.PF_R | elf.PF_X), Align: emu.PageSize},
		elf.Prog32{
			Type: uint32(elf.PT_DYNAMIC), Off: dynAt, Vaddr: dynAt, Paddr: dynAt,
			Filesz: dynSize, Memsz: dynSize, Flags: uint32(elf.PF_R), Align: 4,
		},
		hash, symbols, []byte(text), make([]byte, dynAt-textAt-uint32(len(text))), dyn,
	} {
		_ = binary.Write(&b, le, part) // fixed-size values to memory: cannot fail
	}
	for i, code := range codes {
		b.Write(make([]byte, int(starts[i])-b.Len()))
		b.Write(code)
	}
	return b.Bytes()
}

// mapVDSO gives an i386 program the page with the kernel's entry by SYSENTER
// and with what handlers without a restorer return to.
func (k *Kernel) mapVDSO(mm *MM) error {
	if k.m.Arch != emu.I386 {
		return nil
	}
	v, err := mm.AddSpecial("[vdso]", ProtRead|ProtExec, 0)
	if err != nil {
		return err
	}
	mm.vdso = v.Start
	if !mm.WriteForced(v.Start, vdsoImage) {
		return errNoMemory
	}
	return nil
}

// sysenter runs the system call of a SYSENTER, which tells the kernel neither
// where it was nor its stack: the stack is in EBP, with the sixth argument on
// it, and the thread goes on at the vDSO's landing pad.
func (k *Kernel) sysenter(t *Thread) {
	c := t.Core()
	c.RIP, c.GPR[emu.RSP] = t.proc.mm.vdso+vdsoLanding, c.GPR[emu.RBP]
	arg, ok := getWord(t.proc.mm, c.GPR[emu.RSP], 4)
	if !ok {
		t.setResult(errnoFault)
		return
	}
	c.GPR[emu.RBP] = arg
	k.enter(t, true)
}
