package linux

import (
	"debug/elf"
	"encoding/binary"

	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// Where the functions of the vDSOs are, in their images.
const (
	vdsoText        = 0x800
	vdsoVsyscall    = vdsoText         // i386: __kernel_vsyscall
	vdsoSyscall     = vdsoVsyscall + 3 // where the stack is copied
	vdsoLanding     = vdsoVsyscall + 9
	vdsoSigreturn   = vdsoText + 0x20 // i386: __kernel_sigreturn
	vdsoRTSigreturn = vdsoText + 0x30 // i386: __kernel_rt_sigreturn
	vdsoClocks32    = vdsoText + 0x40 // i386: the first of the functions that tell the time
	vdsoClock32Size = 0x20
	vdsoClockSize   = 0x10 // x86-64: of a function that is a system call
)

// Code of the i386 vDSO. __kernel_vsyscall saves what SYSENTER and SYSEXIT do not
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

// codeGetcpu is the x86-64 vDSO's getcpu(unsigned *cpu, unsigned *node): the limit of
// the segment that has the vCPU's number as its limit, twelve bits of it, and the node above.
var codeGetcpu = []byte{
	0xb8, 0x7b, 0, 0, 0, // mov eax, GDT_ENTRY_CPUNODE * 8 + 3
	0x0f, 0x03, 0xc0, // lsl eax, eax
	0x48, 0x85, 0xff, 0x74, 10, // test rdi, rdi; jz
	0x89, 0xc1, 0x81, 0xe1, 0xff, 0x0f, 0, 0, 0x89, 0x0f, // mov ecx, eax; and ecx, 0fffh; mov [rdi], ecx
	0x48, 0x85, 0xf6, 0x74, 5, // test rsi, rsi; jz
	0xc1, 0xe8, 12, 0x89, 0x06, // shr eax, 12; mov [rsi], eax
	0x31, 0xc0, 0xc3, // xor eax, eax; ret
}

// vdsoFunction is a function of a vDSO.
type vdsoFunction struct {
	name, version string
	alias         string // a weak name of it; "": none
	start         uint64
	code          []byte
	frames        []byte // how the stack pointer moves in it (DW_CFA_*)
	unwinds       bool   // it has an entry in .eh_frame
}

// vdso says what a vDSO consists of.
type vdso struct {
	machine   elf.Machine
	word      int // bytes
	soname    string
	versions  []string
	entry     uint64
	functions []vdsoFunction // in the order of their addresses
}

// Versions of names in vDSOs.
const (
	vdsoVersion25 = "LINUX_2.5"
	vdsoVersion26 = "LINUX_2.6"
)

// timeFunctions are the functions that tell the time, by their names without __vdso_,
// with their system calls.
var timeFunctions = map[x86.Arch][]struct {
	name string
	call uint32
}{
	x86.AMD64: {{"clock_gettime", 228}, {"gettimeofday", 96}, {"time", 201}, {"clock_getres", 229}},
	x86.I386:  {{"clock_gettime", 265}, {"gettimeofday", 78}, {"time", 13}, {"clock_getres", 266}, {"clock_gettime64", 403}},
}

func vdsoOfAMD64() *vdso {
	v := &vdso{machine: elf.EM_X86_64, word: 8, soname: "linux-vdso.so.1", versions: []string{vdsoVersion26}}
	add := func(name string, code []byte) {
		start := uint64(vdsoText)
		if n := len(v.functions); n > 0 {
			start = (v.functions[n-1].start + uint64(len(v.functions[n-1].code)) + vdsoClockSize - 1) &^ (vdsoClockSize - 1)
		}
		v.functions = append(v.functions, vdsoFunction{name: "__vdso_" + name, version: vdsoVersion26, alias: name, start: start, code: code, unwinds: true})
	}
	for _, f := range timeFunctions[x86.AMD64] {
		code := binary.LittleEndian.AppendUint32([]byte{0xb8}, f.call) // mov eax, number
		add(f.name, append(code, 0x0f, 0x05, 0xc3))                    // syscall; ret
	}
	add("getcpu", codeGetcpu)
	return v
}

func vdsoOfI386() *vdso {
	v := &vdso{machine: elf.EM_386, word: 4, soname: "linux-gate.so.1", versions: []string{vdsoVersion25, vdsoVersion26}, entry: vdsoVsyscall}
	v.functions = []vdsoFunction{
		{name: "__kernel_vsyscall", version: vdsoVersion25, start: vdsoVsyscall, code: codeVsyscall, frames: framesOfVsyscall(), unwinds: true},
		{name: "__kernel_sigreturn", version: vdsoVersion25, start: vdsoSigreturn, code: codeSigreturn},
		{name: "__kernel_rt_sigreturn", version: vdsoVersion25, start: vdsoRTSigreturn, code: codeRTSigreturn},
	}
	for i, f := range timeFunctions[x86.I386] {
		start := uint64(vdsoClocks32 + i*vdsoClock32Size)
		code := []byte{0x53, 0x8b, 0x5c, 0x24, 8, 0x8b, 0x4c, 0x24, 12, 0xb8} // push ebx; mov ebx, [esp+8]; mov ecx, [esp+12]; mov eax, number
		code = append(binary.LittleEndian.AppendUint32(code, f.call), 0xe8)   // call __kernel_vsyscall
		code = binary.LittleEndian.AppendUint32(code, uint32(vdsoVsyscall-(start+uint64(len(code))+4)))
		code = append(code, 0x5b, 0xc3) // pop ebx; ret
		v.functions = append(v.functions, vdsoFunction{name: "__vdso_" + f.name, version: vdsoVersion26, start: start, code: code})
	}
	return v
}

// vdsoNote is the note that tells of which kernel's version the vDSO is (LINUX_VERSION_CODE of 6.1).
func vdsoNote() []byte {
	const name = "Linux\x00\x00\x00"
	note := abi.Marshal(4, []uint32{6, 4, 0})
	return binary.LittleEndian.AppendUint32(append(note, name...), 6<<16|1<<8)
}
