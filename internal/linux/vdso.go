package linux

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// vdsoName is what /proc/PID/maps calls the vDSO.
const vdsoName = "[vdso]"

// Offsets in the i386 vDSO's page. Its ELF parts lie before its code.
const (
	vdsoVsyscall    = 0x400            // __kernel_vsyscall
	vdsoSyscall     = vdsoVsyscall + 3 // where the stack is copied
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
	codeVsyscall  = []byte{0x51, 0x52, 0x55, 0x89, 0xe5, 0x0f, 0x34, 0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3}
	codeSigreturn = []byte{0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80} // pop eax; mov eax, sigreturn; int 80h
	// codeSyscall is in the place of the stack's copy to EBP and the SYSENTER where
	// SYSCALL is what 32-bit code has: under a 64-bit kernel on AMD's processors
	// (mov ebp, ecx; syscall).
	codeSyscall     = []byte{0x89, 0xcd, 0x0f, 0x05}
	codeRTSigreturn = []byte{0xb8, 173, 0, 0, 0, 0xcd, 0x80} // mov eax, rt_sigreturn; int 80h
)

// vdsoImage is the i386 vDSO: an ELF shared object, linked at 0, of one
// segment.
var vdsoImage = makeVDSO()

func makeVDSO() []byte {
	functions := []struct {
		name  string
		start uint32
		code  []byte
	}{
		{"__kernel_vsyscall", vdsoVsyscall, codeVsyscall},
		{"__kernel_sigreturn", vdsoSigreturn, codeSigreturn},
		{"__kernel_rt_sigreturn", vdsoRTSigreturn, codeRTSigreturn},
	}
	const soname, version, dynsym = "linux-gate.so.1", "LINUX_2.5", 1
	text := "\x00" + soname + "\x00" + version + "\x00"
	symbols := []elf.Sym32{{}}
	count := uint32(1 + len(functions))
	hash := []uint32{1, count, 1, 0} // one bucket, a chain through all symbols
	versions := []uint16{0}
	for i, f := range functions {
		symbols = append(symbols, elf.Sym32{
			Name: uint32(len(text)), Value: f.start, Size: uint32(len(f.code)),
			Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: dynsym,
		})
		text += f.name + "\x00"
		hash = append(hash, uint32(i+2)%count)
		versions = append(versions, 2)
	}
	definitions := []versionDef{
		{1, uint16(elf.VER_FLG_BASE), 1, 1, elfHash(soname), 20, 28, 1, 0},
		{1, 0, 2, 1, elfHash(version), 20, 0, 1 + uint32(len(soname)+1), 0},
	}
	text += strings.Repeat("\x00", -len(text)&3)

	header, phdr := uint32(binary.Size(elf.Header32{})), uint32(binary.Size(elf.Prog32{}))
	at := header + 2*phdr
	var parts []any
	place := func(part any) uint32 { // where the next part lies
		parts = append(parts, part)
		at += uint32(binary.Size(part))
		return at - uint32(binary.Size(part))
	}
	dyn := []elf.Dyn32{
		{Tag: int32(elf.DT_SONAME), Val: 1}, {Tag: int32(elf.DT_HASH), Val: place(hash)},
		{Tag: int32(elf.DT_SYMTAB), Val: place(symbols)}, {Tag: int32(elf.DT_SYMENT), Val: uint32(binary.Size(elf.Sym32{}))},
		{Tag: int32(elf.DT_STRTAB), Val: place([]byte(text))}, {Tag: int32(elf.DT_STRSZ), Val: uint32(len(text))},
		{Tag: int32(elf.DT_VERSYM), Val: place(versions)}, {Tag: int32(elf.DT_VERDEF), Val: place(definitions)},
		{Tag: int32(elf.DT_VERDEFNUM), Val: uint32(len(definitions))}, {},
	}
	dynAt, dynSize := place(dyn), uint32(binary.Size(dyn))
	e := elf.Header32{
		Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_386), Version: 1, Entry: vdsoVsyscall, Phoff: header,
		Ehsize: uint16(header), Phentsize: uint16(phdr), Phnum: 2, Shentsize: 40,
	}
	copy(e.Ident[:], elf.ELFMAG+"\x01\x01\x01")
	var b bytes.Buffer
	for _, part := range append([]any{
		e, elf.Prog32{Type: uint32(elf.PT_LOAD), Filesz: vdsoEnd, Memsz: vdsoEnd, Flags: uint32(elf.PF_R | elf.PF_X), Align: emu.PageSize},
		elf.Prog32{
			Type: uint32(elf.PT_DYNAMIC), Off: dynAt, Vaddr: dynAt, Paddr: dynAt,
			Filesz: dynSize, Memsz: dynSize, Flags: uint32(elf.PF_R), Align: 4,
		},
	}, parts...) {
		_ = binary.Write(&b, le, part) // fixed-size values to memory: cannot fail
	}
	for _, f := range functions {
		b.Write(make([]byte, int(f.start)-b.Len()))
		b.Write(f.code)
	}
	return b.Bytes()
}

// versionDef is an Elf32_Verdef and its one Elf32_Verdaux.
type versionDef struct {
	Version, Flags, Index, Count uint16
	Hash, Aux, Next              uint32
	Name, NextAux                uint32
}

// elfHash is the hash of names in ELF (System V ABI, chapter 5).
func elfHash(name string) uint32 {
	var h uint32
	for _, c := range []byte(name) {
		h = h<<4 + uint32(c)
		h = (h ^ h>>24&0xf0) & 0x0fffffff
	}
	return h
}

// mapVDSO gives a 32-bit program the page with the kernel's entry by SYSENTER
// and with what handlers without a restorer return to.
func (k *Kernel) mapVDSO(mm *MM) error {
	if mm.abi != x86.I386 {
		return nil
	}
	v, err := mm.AddSpecial(vdsoName, ProtRead|ProtExec, 0)
	if err != nil {
		return err
	}
	mm.vdso = v.Start
	if !mm.WriteForced(v.Start, vdsoImage) {
		return errNoMemory
	}
	if k.m.Arch == x86.AMD64 && k.m.Vendor == emu.AMD && !mm.WriteForced(v.Start+vdsoSyscall, codeSyscall) {
		return errNoMemory
	}
	return nil
}

// fastCall runs the system call of a SYSENTER, or of a SYSCALL of 32-bit code,
// which tell the kernel neither where they were nor, SYSENTER, their stack, which
// is in EBP then. The sixth argument lies on the stack, and the thread goes on at
// the vDSO's landing pad. A 64-bit program has none: there it faults.
func (k *Kernel) fastCall(t *Thread, stack uint64) {
	c := t.Core()
	c.RIP, c.GPR[x86.RSP] = t.proc.mm.vdso+vdsoLanding, stack
	k.setReturn(t, x86.I386)
	arg, ok := getWord(t.proc.mm, stack, 4)
	if !ok {
		t.setResult(-EFAULT)
		return
	}
	c.GPR[x86.RBP] = arg
	k.enter(t, true)
}
