package silicon

import (
	"golang.org/x/arch/x86/x86asm"
)

// Effect says what an instruction does to the status flags and to the x87
// condition codes. A flag in none of the sets keeps its value.
type Effect struct {
	Reads     uint64 // the result depends on these
	Writes    uint64 // these get a defined value
	Undefined uint64 // the manual leaves these open
}

// EffectOf returns the effect of inst when it executes in state before
// (SDM vol. 2, "Flags Affected" of each instruction, and vol. 1, appendix A).
func EffectOf(inst x86asm.Inst, before *State) Effect {
	if rule, ok := counted[inst.Op]; ok {
		return rule(shiftOf(inst, before))
	}
	if repeated(inst) && repeatCount(inst, before) == 0 {
		return Effect{}
	}
	return effects[inst.Op]
}

// Kinds of arithmetic by their effect on the flags.
var (
	arithmetic    = Effect{Writes: StatusFlags}
	withCarry     = Effect{Reads: CF, Writes: StatusFlags}
	logic         = Effect{Writes: StatusFlags &^ AF, Undefined: AF}
	increment     = Effect{Writes: StatusFlags &^ CF}
	multiply      = Effect{Writes: CF | OF, Undefined: SF | ZF | AF | PF}
	divide        = Effect{Undefined: StatusFlags}
	bitTest       = Effect{Writes: CF, Undefined: OF | SF | AF | PF}
	bitScan       = Effect{Writes: ZF, Undefined: StatusFlags &^ ZF}
	bitCount      = Effect{Writes: CF | ZF, Undefined: OF | SF | AF | PF}
	decimal       = Effect{Reads: CF | AF, Writes: StatusFlags &^ OF, Undefined: OF}
	asciiAdd      = Effect{Reads: AF, Writes: CF | AF, Undefined: OF | SF | ZF | PF}
	asciiMultiply = Effect{Writes: SF | ZF | PF, Undefined: OF | AF | CF}
	readsAll      = Effect{Reads: StatusFlags}
	writesZero    = Effect{Writes: ZF}

	x87Result   = Effect{Writes: C1, Undefined: C0 | C2 | C3}
	x87Compare  = Effect{Writes: ConditionCodes}
	x87ToFlags  = Effect{Writes: ZF | PF | CF | C1, Undefined: OF | SF | AF | C0 | C2 | C3}
	x87Unknown  = Effect{Undefined: ConditionCodes}
	x87Readable = Effect{Reads: ConditionCodes}
)

// effects holds the rule of every operation that reads or writes a status flag or a
// condition code and does so whatever its operands are.
var effects = makeEffects(map[*Effect][]x86asm.Op{
	&arithmetic: {
		x86asm.ADD, x86asm.SUB, x86asm.CMP, x86asm.NEG, x86asm.XADD, x86asm.CMPXCHG,
		x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ,
		x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ,
		x86asm.POPF, x86asm.POPFD, x86asm.POPFQ, x86asm.IRET, x86asm.IRETD, x86asm.IRETQ,
		x86asm.POPCNT, x86asm.PTEST, x86asm.COMISS, x86asm.COMISD, x86asm.UCOMISS, x86asm.UCOMISD,
	},
	&withCarry:     {x86asm.ADC, x86asm.SBB},
	&logic:         {x86asm.AND, x86asm.OR, x86asm.XOR, x86asm.TEST},
	&increment:     {x86asm.INC, x86asm.DEC},
	&multiply:      {x86asm.MUL, x86asm.IMUL},
	&divide:        {x86asm.DIV, x86asm.IDIV},
	&bitTest:       {x86asm.BT, x86asm.BTS, x86asm.BTR, x86asm.BTC},
	&bitScan:       {x86asm.BSF, x86asm.BSR},
	&bitCount:      {x86asm.LZCNT, x86asm.TZCNT},
	&decimal:       {x86asm.DAA, x86asm.DAS},
	&asciiAdd:      {x86asm.AAA, x86asm.AAS},
	&asciiMultiply: {x86asm.AAM, x86asm.AAD},
	&readsAll:      {x86asm.PUSHF, x86asm.PUSHFD, x86asm.PUSHFQ},
	&writesZero:    {x86asm.CMPXCHG8B, x86asm.CMPXCHG16B, x86asm.ARPL, x86asm.LAR, x86asm.LSL, x86asm.VERR, x86asm.VERW},

	&x87Result: {
		x86asm.FADD, x86asm.FADDP, x86asm.FIADD, x86asm.FSUB, x86asm.FSUBP, x86asm.FISUB,
		x86asm.FSUBR, x86asm.FSUBRP, x86asm.FISUBR, x86asm.FMUL, x86asm.FMULP, x86asm.FIMUL,
		x86asm.FDIV, x86asm.FDIVP, x86asm.FIDIV, x86asm.FDIVR, x86asm.FDIVRP, x86asm.FIDIVR,
		x86asm.FLD, x86asm.FILD, x86asm.FST, x86asm.FSTP, x86asm.FIST, x86asm.FISTP, x86asm.FISTTP,
		x86asm.FLD1, x86asm.FLDZ, x86asm.FLDPI, x86asm.FLDL2E, x86asm.FLDL2T, x86asm.FLDLG2, x86asm.FLDLN2,
		x86asm.FABS, x86asm.FCHS, x86asm.FXCH, x86asm.FRNDINT, x86asm.FSQRT, x86asm.FSCALE,
		x86asm.FINCSTP, x86asm.FDECSTP, x86asm.FBLD, x86asm.FBSTP, x86asm.FXTRACT,
	},
	&x87Compare: {
		x86asm.FCOM, x86asm.FCOMP, x86asm.FCOMPP, x86asm.FICOM, x86asm.FICOMP, x86asm.FTST,
		x86asm.FUCOM, x86asm.FUCOMP, x86asm.FUCOMPP, x86asm.FXAM, x86asm.FNINIT,
	},
	&x87ToFlags:  {x86asm.FCOMI, x86asm.FCOMIP, x86asm.FUCOMI, x86asm.FUCOMIP},
	&x87Unknown:  {x86asm.FLDCW, x86asm.FNSTCW, x86asm.FNCLEX, x86asm.FFREE, x86asm.FFREEP, x86asm.FNOP},
	&x87Readable: {x86asm.FNSTSW},
})

// makeEffects turns the table around, and adds the rules of single operations
// and of those with a condition.
func makeEffects(byEffect map[*Effect][]x86asm.Op) map[x86asm.Op]Effect {
	all := map[x86asm.Op]Effect{
		x86asm.CLC: {Writes: CF}, x86asm.STC: {Writes: CF}, x86asm.CMC: {Reads: CF, Writes: CF},
		x86asm.LAHF:  {Reads: StatusFlags &^ OF},
		x86asm.SAHF:  {Writes: StatusFlags &^ OF},
		x86asm.INTO:  {Reads: OF},
		x86asm.LOOPE: {Reads: ZF}, x86asm.LOOPNE: {Reads: ZF},
	}
	for effect, ops := range byEffect {
		for _, op := range ops {
			all[op] = *effect
		}
	}
	for _, c := range conditions {
		for _, op := range c.ops {
			all[op] = Effect{Reads: c.reads}
		}
	}
	for _, op := range fcmov {
		all[op] = Effect{Reads: CF | ZF | PF, Writes: C1, Undefined: C0 | C2 | C3}
	}
	return all
}

var fcmov = []x86asm.Op{
	x86asm.FCMOVB, x86asm.FCMOVBE, x86asm.FCMOVE, x86asm.FCMOVU,
	x86asm.FCMOVNB, x86asm.FCMOVNBE, x86asm.FCMOVNE, x86asm.FCMOVNU,
}

// conditions lists the flags that each condition code reads (SDM vol. 2, appendix B).
var conditions = []struct {
	reads uint64
	ops   []x86asm.Op
}{
	{OF, []x86asm.Op{x86asm.JO, x86asm.JNO, x86asm.SETO, x86asm.SETNO, x86asm.CMOVO, x86asm.CMOVNO}},
	{CF, []x86asm.Op{x86asm.JB, x86asm.JAE, x86asm.SETB, x86asm.SETAE, x86asm.CMOVB, x86asm.CMOVAE}},
	{ZF, []x86asm.Op{x86asm.JE, x86asm.JNE, x86asm.SETE, x86asm.SETNE, x86asm.CMOVE, x86asm.CMOVNE}},
	{CF | ZF, []x86asm.Op{x86asm.JBE, x86asm.JA, x86asm.SETBE, x86asm.SETA, x86asm.CMOVBE, x86asm.CMOVA}},
	{SF, []x86asm.Op{x86asm.JS, x86asm.JNS, x86asm.SETS, x86asm.SETNS, x86asm.CMOVS, x86asm.CMOVNS}},
	{PF, []x86asm.Op{x86asm.JP, x86asm.JNP, x86asm.SETP, x86asm.SETNP, x86asm.CMOVP, x86asm.CMOVNP}},
	{SF | OF, []x86asm.Op{x86asm.JL, x86asm.JGE, x86asm.SETL, x86asm.SETGE, x86asm.CMOVL, x86asm.CMOVGE}},
	{SF | OF | ZF, []x86asm.Op{x86asm.JLE, x86asm.JG, x86asm.SETLE, x86asm.SETG, x86asm.CMOVLE, x86asm.CMOVG}},
}

// repeated reports whether inst compares or scans a string with a REP, REPE or REPNE prefix.
func repeated(inst x86asm.Inst) bool {
	switch inst.Op {
	case x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ,
		x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ:
	default:
		return false
	}
	for _, p := range inst.Prefix {
		if b := p & 0xff; b == 0xf2 || b == 0xf3 {
			return true
		}
	}
	return false
}

// repeatCount returns the count register of a repeated instruction.
func repeatCount(inst x86asm.Inst, before *State) uint64 {
	return before.GPR[RCX] & (1<<inst.AddrSize - 1)
}
