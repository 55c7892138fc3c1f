package insn

import (
	"regexp"
	"slices"
	"strings"
)

// difference is a kind of encoding on which Decode and GNU objdump 2.40 or later differ, and why Decode is held to be
// right. What is said of processors was tried on an AMD Zen 4, with the instruction ending at a page's end.
type difference struct {
	reason      string
	is          func(sample) bool // asked about differing samples only
	otherLength bool              // a difference in length is part of it
	since       int               // 2.N is the first objdump that has it
	mended      int               // 2.N is known not to have it any more; 0: none is
}

// concerns reports whether GNU objdump 2.n differs in this way.
func (d *difference) concerns(n int) bool { return d.since <= n && (d.mended == 0 || n < d.mended) }

// later are instructions that objdump 2.40 does not know: APX (REX2, EVEX map 4, general registers from 16 on), AVX10.2,
// AMX of 2024 and later, MOVRS, USER_MSR.
var later = regexp.MustCompile(`\{rex2|\{evex\}|\{nf\}|%r(1[6-9]|2\d|3[01])[dwb]?\b|movrs|%tmm|bf16|bf8|hf8|bfp|urdmsr|uwrmsr|v?cvt.*2.?[iu]bs|minmax|vmpsadbw|vdpphps|vpdp|vmovd |vmovw |comxs|comxh|sat|vsm[34]|vcvt2ps2ph|vcmpbf|vcmp\{ba|lkgs|tilecfg|vsha512|vcvtt[sp][sd]2u?(si|dq|qq)s`)

// known returns the difference that s is a case of, or nil.
func known(s sample) *difference {
	for n := range knownDifferences {
		d := &knownDifferences[n]
		if d.concerns(objdumpVersion()) && d.is(s) && (d.otherLength || s.obj.bad() || s.inst.Len == s.obj.len) {
			return d
		}
	}
	return nil
}

var knownDifferences = []difference{
	// Refused here, printed by objdump.
	{reason: "LOCK: objdump prints it before everything; #UD (lock mov cr is AMD's old way to cr8)",
		is: func(s sample) bool { return s.err == errLock }},
	{reason: "a mandatory prefix that selects nothing: objdump prints it apart and goes on; #UD",
		is: func(s sample) bool {
			words := strings.Fields(s.obj.text)
			return s.err == errUndefined && s.inst.Vex.Kind == VexNone &&
				(slices.Contains(words, "data16") || slices.Contains(words, "data32") || slices.Contains(words, "repz") || slices.Contains(words, "repnz"))
		}},
	{reason: "VEX.W, VEX.L, vvvv: objdump does not judge them everywhere; #UD",
		is: func(s sample) bool { return s.err == errVexW || s.err == errVexL || s.err == errVexV }},
	{reason: "66, F2, F3 or REX before VEX: objdump prints both; #UD",
		is: func(s sample) bool { return s.err == errVexPrefix }},
	{reason: "VEX.pp and EVEX.pp that select nothing: objdump does not judge them everywhere; #UD",
		is: func(s sample) bool {
			return refused(s, Vex3, Map0F, 0x77) || refused(s, Vex2, Map0F, 0x77) ||
				refused(s, Evex, Map0F38, 0x4E, 0x50, 0x51) || refused(s, Evex, Map0F3A, 0x42, 0x70, 0x72)
		}},
	{reason: "EVEX vmovntdq, vmovntdqa, vpmov…2m with the wrong kind of operand: objdump prints it; #UD", mended: 44,
		is: func(s sample) bool { return s.inst.Vex.Kind == Evex && (s.err == errMemOnly || s.err == errRegOnly) }},
	{reason: "FMA4, VPERMIL2: gone with AMD's Zen; #UD", otherLength: true,
		is: func(s sample) bool {
			return refused(s, Vex3, Map0F3A, 0x48, 0x49) || s.err == errUndefined && s.inst.Vex.Kind == Vex3 && s.inst.Map == Map0F3A &&
				(s.inst.Opcode >= 0x5C && s.inst.Opcode <= 0x7F)
		}},
	{reason: "XOP, LWP, TBM (8F /1 to /7): gone with AMD's Zen; #UD", otherLength: true,
		is: func(s sample) bool { return refused(s, VexNone, OneByte, 0x8F) }},
	{reason: "3DNow!: gone from AMD's processors since 2010; #UD", otherLength: true,
		is: func(s sample) bool { return refused(s, VexNone, Map0F, 0x0E, 0x0F) }},
	{reason: "PadLock: VIA only", otherLength: true,
		is: func(s sample) bool { return refused(s, VexNone, Map0F, 0xA6, 0xA7) }},
	{reason: "test registers: 386 and 486 only; #UD", otherLength: true,
		is: func(s sample) bool { return refused(s, VexNone, Map0F, 0x24, 0x26) }},
	{reason: "control and debug registers that do not exist: objdump prints them; #UD",
		is: func(s sample) bool {
			return refused(s, VexNone, Map0F, 0x20, 0x22) || s.err == errCR || s.err == errDR
		}},
	{reason: "mov to cs and to segment registers 6 and 7: objdump prints %cs or %?; #UD",
		is: func(s sample) bool { return refused(s, VexNone, OneByte, 0x8C, 0x8E) }},
	{reason: "rdfsbase and kin outside 64-bit mode: objdump prints them; #UD",
		is: func(s sample) bool { return s.err == errOnly64 }},
	{reason: "extrq with another digit than 0: objdump prints it; #UD",
		is: func(s sample) bool { return refused(s, VexNone, Map0F, 0x78) }},

	{reason: "APX, AVX10.2, AMX since 2024, MOVRS, USER_MSR: no processor here has them; #UD", otherLength: true, since: 41,
		is: func(s sample) bool { return s.err != nil && later.MatchString(s.obj.text) }},

	// Accepted here, bad for objdump.
	{reason: "wbinvd with 66 or F2: executes",
		is: func(s sample) bool { return accepted(s, VexNone, Map0F, 0x09) }},
	{reason: "prefetchw with a register: a NOP on Intel, #UD on AMD",
		is: func(s sample) bool { return accepted(s, VexNone, Map0F, 0x0D) }},
	{reason: "MPX: objdump judges the bound register; NOPs where MPX is not (everywhere now)",
		is: func(s sample) bool { return accepted(s, VexNone, Map0F, 0x1A, 0x1B) }},
	{reason: "lfence, mfence, sfence with another rm than 0: executes",
		is: func(s sample) bool { return accepted(s, VexNone, Map0F, 0xAE) }},
	{reason: "bsf and bsr with F2: executes",
		is: func(s sample) bool { return accepted(s, VexNone, Map0F, 0xBC, 0xBD) }},
	{reason: "sysenter, sysexit in 64-bit mode: #UD on AMD, fine on Intel",
		is: func(s sample) bool { return s.mode == Mode64AMD && accepted(s, VexNone, Map0F, 0x34, 0x35) }},
	{reason: "salc: undocumented, executes",
		is: func(s sample) bool { return accepted(s, VexNone, OneByte, 0xD6) }},
	{reason: "x87 aliases: undocumented, execute",
		is: func(s sample) bool { return accepted(s, VexNone, OneByte, 0xD9, 0xDC, 0xDD, 0xDE, 0xDF) }},
	{reason: "gather, scatter, AMX and complex FP16 with equal registers, gather without a mask: not judged here",
		is: func(s sample) bool {
			return s.err == nil && s.obj.bad() && (s.inst.form&vectorIndex != 0 ||
				s.inst.Map == Map0F38 && (s.inst.Opcode == 0x5C || s.inst.Opcode == 0x5E) ||
				s.inst.Map == EVEX6 && s.inst.Opcode&0x7E == 0x56)
		}},
	{reason: "opmask instructions with register numbers above 7: the high bit is ignored",
		is: func(s sample) bool {
			return accepted(s, s.inst.Vex.Kind, Map0F, 0x41, 0x42, 0x44, 0x45, 0x46, 0x47, 0x4A, 0x4B,
				0x90, 0x91, 0x92, 0x93, 0x98, 0x99) && s.inst.Vex.Kind != VexNone
		}},

	// Another length.
	{reason: "fwait: objdump joins it with the x87 instruction that follows", otherLength: true,
		is: func(s sample) bool { return s.inst.Map == OneByte && s.inst.Opcode == 0x9B }},
	{reason: "REX before another prefix: objdump forgets the prefixes in front of it; they count, REX does not", otherLength: true,
		is: forgotten},
}

// forgotten reports a REX byte in front of another prefix in 64-bit code.
func forgotten(s sample) bool {
	return s.mode.Is64() && slices.ContainsFunc(s.code[:s.inst.PrefixLen], func(b byte) bool { return b&0xF0 == 0x40 })
}

// refused reports that Decode calls s an undefined opcode of the given encoding and map.
func refused(s sample, k VexKind, m Map, opcodes ...byte) bool {
	return s.err == errUndefined && s.inst.Vex.Kind == k && s.inst.Map == m && slices.Contains(opcodes, s.inst.Opcode)
}

// accepted reports that Decode takes what objdump calls bad.
func accepted(s sample, k VexKind, m Map, opcodes ...byte) bool {
	return s.err == nil && s.obj.bad() && s.inst.Vex.Kind == k && s.inst.Map == m && slices.Contains(opcodes, s.inst.Opcode)
}
