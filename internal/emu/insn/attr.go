package insn

import (
	"math/bits"
	"strconv"
	"strings"
)

// Attr is a set of attributes of an instruction.
type Attr uint64

// Has reports whether a has at least one of the attributes in b.
func (a Attr) Has(b Attr) bool { return a&b != 0 }

// Control transfer.
const (
	JmpRel    Attr = 1 << iota // jmp rel8/rel16/rel32 (EB, E9)
	Jcc                        // conditional jump (70..7F, 0F 80..8F)
	Loop                       // loopne, loope, loop (E0..E2); the counter has AddressBits
	Jcxz                       // jcxz, jecxz, jrcxz (E3); the counter has AddressBits
	Xbegin                     // xbegin rel16/rel32: the offset of the abort handler
	CallRel                    // call rel16/rel32 (E8)
	CallInd                    // near call through register or memory (FF /2)
	CallFar                    // lcall ptr16:16/32 (9A) or through memory (FF /3)
	JmpInd                     // near jump through register or memory (FF /4)
	JmpFar                     // ljmp ptr16:16/32 (EA) or through memory (FF /5)
	RetNear                    // ret, ret imm16 (C3, C2)
	RetFar                     // lret, lret imm16 (CB, CA)
	Iret                       // iret, iretd, iretq (CF); not uiret
	IntN                       // int imm8 (CD), whatever the vector
	Int3                       // int3 (CC)
	Into                       // into (CE)
	Icebp                      // int1, icebp (F1)
	Syscall                    // syscall
	Sysenter                   // sysenter
	Sysret                     // sysret
	Sysexit                    // sysexit
	Undefined                  // ud0, ud1, ud2: valid encodings whose meaning is #UD
	Terminate                  // the next instruction is not for certain the one that follows in memory
)

// Flags, interrupts, stack, and the processor's state.
const (
	Pushf         Attr = 1 << (iota + 23) // pushf, pushfd, pushfq
	Popf                                  // popf, popfd, popfq
	Cli                                   // cli
	Sti                                   // sti: holds off maskable interrupts for one instruction
	Hlt                                   // hlt
	MovSS                                 // mov ss or pop ss: holds off #DB, NMI and interrupts for one instruction (P7)
	SegLoad                               // loads a segment register: mov, pop, lds, les, lss, lfs, lgs (not far transfers)
	PushReg                               // push of a general register (50..57)
	PopReg                                // pop of a general register (58..5F)
	String                                // movs, cmps, scas, lods, stos, ins, outs
	PortIO                                // in, out, ins, outs: need CPL <= IOPL or the I/O bitmap
	IOPL                                  // cli, sti, in, out, ins, outs: #GP by IOPL (SDM vol. 1, 19.5)
	Privileged                            // #GP unless CPL is 0
	CR                                    // mov to or from a control register, lmsw, smsw, clts
	DR                                    // mov to or from a debug register
	SystemTable                           // lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str
	Unpredictable                         // rdtsc, rdtscp, rdpmc, rdrand, rdseed, cpuid, rdpid, rdpru: differs by machine or run
)

// Operands and kinds.
const (
	Memory        Attr = 1 << (iota + 40) // accesses memory that ModRM or a moffs names
	ConditionCode                         // tests the condition in the opcode's low four bits: jcc, setcc, cmovcc, cmpccxadd
	Nop90                                 // nop (90 without REX.B and F3), whatever other prefixes
	Pause                                 // pause (F3 90)
	NopModRM                              // nop r/m (0F 1F)
	HintNop                               // the other hints, NOPs where unknown: 0F 0D, 0F 18..1E (prefetch, endbr, rdssp, cldemote)
	X87                                   // D8..DF, wait
	MMX                                   // uses an MMX register, or emms
	SSE                                   // legacy-encoded SSE to SSE4, AES, SHA, GFNI; uses XMM registers or MXCSR
	AVX                                   // VEX-encoded, vector or opmask registers (AMX too; not BMI)
	AVX512                                // EVEX-encoded
)

// Unions.
const (
	// RelBranch is every relative transfer except call.
	RelBranch = JmpRel | Jcc | Loop | Jcxz | Xbegin
	// Call is every call.
	Call = CallRel | CallInd | CallFar
	// CondBranch is every branch that may fall through (Xbegin goes to its target on abort only).
	CondBranch = Jcc | Loop | Jcxz
	// Nop is every form of NOP that does nothing on every processor.
	Nop = Nop90 | NopModRM
	// SoftInt is every software interrupt or trap instruction.
	SoftInt = IntN | Int3 | Into | Icebp
)

var attrNames = [...]string{
	"jmp", "jcc", "loop", "jcxz", "xbegin", "call", "call-indirect", "call-far", "jmp-indirect", "jmp-far",
	"ret", "ret-far", "iret", "int", "int3", "into", "icebp", "syscall", "sysenter", "sysret", "sysexit",
	"undefined", "terminates-block",
	"pushf", "popf", "cli", "sti", "hlt", "mov-ss", "segment-load", "push-reg", "pop-reg", "string", "port-io",
	"iopl", "privileged", "cr", "dr", "system-table", "unpredictable",
	"memory", "condition-code", "nop", "pause", "nop-modrm", "hint-nop", "x87", "mmx", "sse", "avx", "avx512",
}

// String lists the attributes, joined with '|'.
func (a Attr) String() string {
	if a == 0 {
		return "none"
	}
	var names []string
	for ; a != 0; a &= a - 1 {
		n := bits.TrailingZeros64(uint64(a))
		if n < len(attrNames) {
			names = append(names, attrNames[n])
		} else {
			names = append(names, "bit"+strconv.Itoa(n))
		}
	}
	return strings.Join(names, "|")
}
