package insn

import (
	"fmt"
	"strings"
)

// mnemonicAttrs is what a mnemonic, without size suffix, says about an instruction; the names are those of SDM
// vol. 2 as GNU objdump spells them.
var mnemonicAttrs = func() map[string]Attr {
	table := map[string]Attr{}
	for attr, names := range map[Attr]string{
		JmpRel | JmpInd:        "jmp",
		Jcc | ConditionCode:    "jo jno jb jae je jne jbe ja js jns jp jnp jl jge jle jg",
		Loop:                   "loop loope loopne",
		Jcxz:                   "jcxz jecxz jrcxz",
		Xbegin:                 "xbegin",
		CallRel | CallInd:      "call",
		CallFar:                "lcall rex.Wlcall",
		JmpFar:                 "ljmp",
		RetNear:                "ret",
		RetFar:                 "lret",
		Iret:                   "iret",
		IntN:                   "int",
		Int3:                   "int3",
		Into:                   "into",
		Icebp:                  "int1",
		Syscall:                "syscall",
		Sysenter:               "sysenter",
		Sysret | Privileged:    "sysret",
		Sysexit | Privileged:   "sysexit",
		Undefined:              "ud0 ud1 ud2",
		Pushf:                  "pushf",
		Popf:                   "popf",
		Cli | IOPL:             "cli",
		Sti | IOPL:             "sti",
		Hlt | Privileged:       "hlt",
		SegLoad:                "les lds lss lfs lgs",
		String:                 "movsb movsw movsl movsq cmpsb cmpsw cmpsl cmpsq scas lods stos",
		String | PortIO | IOPL: "insb insw insl outsb outsw outsl",
		PortIO | IOPL:          "in out",
		Pause:                  "pause",
		X87:                    "fwait",
		ConditionCode: "seto setno setb setae sete setne setbe seta sets setns setp setnp setl setge setle setg " +
			"cmovo cmovno cmovb cmovae cmove cmovne cmovbe cmova cmovs cmovns cmovp cmovnp cmovl cmovge cmovle cmovg",
		CR:                       "smsw",
		CR | Privileged:          "lmsw clts",
		SystemTable:              "sgdt sidt sldt str",
		SystemTable | Privileged: "lgdt lidt lldt ltr",
		Unpredictable:            "rdtsc rdtscp rdpmc rdrand rdseed cpuid rdpid rdpru",
		Privileged: "invd wbinvd wbnoinvd wrmsr rdmsr swapgs xsetbv invlpg invlpga invpcid invept invvpid monitor mwait " +
			"clac stac vmxoff vmlaunch vmresume vmread vmwrite vmptrld vmptrst vmclear vmxon encls enclv pconfig vmrun vmload vmsave " +
			"stgi clgi skinit xsaves xsaves64 xrstors xrstors64 setssbsy clrssbsy rsm wrussd wrussq enqcmds hreset " +
			"invlpgb tlbsync psmash pvalidate rmpadjust rmpupdate loadiwkey",
	} {
		for name := range strings.FieldsSeq(names) {
			table[name] |= attr
		}
	}
	return table
}()

// namedAttrs are the attributes that mnemonicAttrs knows completely.
const namedAttrs = RelBranch | Call | JmpInd | JmpFar | RetNear | RetFar | Iret | SoftInt | Syscall | Sysenter | Sysret |
	Sysexit | Undefined | Pushf | Popf | Cli | Sti | Hlt | SegLoad | String | PortIO | IOPL | Pause | ConditionCode |
	CR | DR | SystemTable | Unpredictable | Privileged

// expectedAttrs is what the text says about namedAttrs.
func expectedAttrs(mnemonic, operands string) Attr {
	want, known := mnemonicAttrs[mnemonic]
	if last := len(mnemonic) - 1; !known && strings.Contains("bwlq", mnemonic[last:]) {
		want = mnemonicAttrs[mnemonic[:last]] &^ String // movsb is one, movsbl is not
	}
	if strings.HasPrefix(mnemonic, "cmp") && strings.HasSuffix(mnemonic, "xadd") {
		want = ConditionCode
	}
	indirect := strings.HasPrefix(operands, "*")
	switch {
	case want.Has(JmpRel) && indirect:
		want &^= JmpRel
	case want.Has(JmpRel):
		want &^= JmpInd
	case want.Has(CallRel) && indirect:
		want &^= CallRel
	case want.Has(CallRel):
		want &^= CallInd
	}
	if strings.HasPrefix(mnemonic, "mov") {
		switch {
		case strings.Contains(operands, "%cr"):
			want |= CR | Privileged
		case strings.Contains(operands, "%db"):
			want |= DR | Privileged
		case toSegment(operands):
			want |= SegLoad
		}
	}
	if strings.HasPrefix(mnemonic, "pop") && toSegment(","+operands) {
		want |= SegLoad
	}
	return want & namedAttrs
}

// toSegment reports a segment register as the last operand.
func toSegment(operands string) bool {
	for _, name := range []string{"es", "ss", "ds", "fs", "gs"} {
		if strings.HasSuffix(operands, ",%"+name) {
			return true
		}
	}
	return false
}

// compareAttributes: the mnemonic and the attributes say the same.
func compareAttributes(i Inst, _ uint64, mnemonic, operands string) string {
	want := expectedAttrs(mnemonic, operands)
	if got := i.attr & namedAttrs; got != want {
		return fmt.Sprintf("attributes %v, want %v", got, want)
	}
	var ignored Attr
	if i.OpSize && i.Repne { // objdump names the registers of movdq2q by 66 then
		ignored = MMX
	}
	for _, c := range []struct {
		attr Attr
		want bool
	}{
		{X87, mnemonic[0] == 'f' && mnemonic != "femms"},
		{MMX &^ ignored, strings.Contains(operands, "%mm") || mnemonic == "emms" || strings.HasPrefix(mnemonic, "cvtpi2p")},
		{AVX512, i.Vex.Kind == Evex},
		{PushReg, (mnemonic == "push" || mnemonic == "pushw") && i.Opcode&0xF8 == 0x50},
		{PopReg, (mnemonic == "pop" || mnemonic == "popw") && i.Opcode&0xF8 == 0x58},
		{MovSS, strings.HasSuffix(","+operands, ",%ss") && i.attr.Has(SegLoad)},
	} {
		if c.attr != 0 && i.attr.Has(c.attr) != c.want {
			return fmt.Sprintf("attribute %v is %v", c.attr, !c.want)
		}
	}
	return ""
}
