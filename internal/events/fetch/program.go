package fetch

import "trapline/internal/events"

// op is one operation of an argument's program. A program is: one load, any
// dereferences, one store, perhaps a bit field, perhaps a loop, the end.
type op uint8

const (
	opEnd          op = iota
	opRegister        // value = register
	opStackPointer    // value = stack pointer
	opStackEntry      // value = word arg above the stack pointer
	opReturnValue     // value = return value
	opImmediate       // value = imm
	opComm            // the current task's name, for a string store
	opArgument        // value = function argument arg, from 0
	opFileOffset      // value = address of file offset imm in the probed mapping
	opData            // the immediate string, for a string store
	opDeref           // value = word at value+offset
	opDerefUser       // the same in user memory
	opStoreValue      // store the value's low size bytes
	opStoreMemory     // store size bytes from value+offset
	opStoreUser       // the same from user memory
	opStoreString     // store the string at value+offset
	opStoreUserStr    // the same from user memory
	opStoreSymbol     // store the symbol name of value
	opBitfield        // shift the stored value left, then right
	opLoop            // repeat for arg elements
)

func (o op) isDeref() bool       { return o == opDeref || o == opDerefUser }
func (o op) isStringStore() bool { return o == opStoreString || o == opStoreUserStr }

type insn struct {
	op     op
	reg    events.Reg
	size   uint8 // bytes, of a store or of a bit field's container
	left   uint8 // bit field shifts
	right  uint8
	offset int32
	arg    uint32
	imm    uint64
	text   string
}

// argument is one argument's program and place.
type argument struct {
	name    string
	typ     *events.Type
	count   int
	offset  int // of the fixed part, bytes from the start of the arguments
	dynamic bool
	code    []insn
}

// Program is the compiled arguments of one probe. It does not change and may
// be shared.
type Program struct {
	def    *events.Definition
	layout layout
	header int // bytes before the arguments
	args   []argument
}

// Compile makes the program of a definition, whose symbols must have been
// resolved ([events.Definition.ResolveSymbols]).
func Compile(d *events.Definition) *Program {
	p := &Program{def: d, layout: layouts[d.Arch], header: d.HeaderSize()}
	for i := range d.Args {
		a := &d.Args[i]
		p.args = append(p.args, argument{
			name: a.Name, typ: a.Type, count: a.Count, offset: a.Offset,
			dynamic: a.Type.IsString(), code: compileArg(d, a),
		})
	}
	return p
}

// Definition is what the program was compiled from.
func (p *Program) Definition() *events.Definition { return p.def }

func compileArg(d *events.Definition, a *events.Arg) []insn {
	code := compileExpr(d, nil, a.Expr)
	code = compileStore(code, a)
	if a.Bitfield != nil {
		code = append(code, insn{op: opBitfield, size: uint8(a.Type.Size), left: a.Bitfield.Left, right: a.Bitfield.Right})
	}
	if a.Count != 0 {
		code = append(code, insn{op: opLoop, arg: uint32(a.Count)})
	}
	return append(code, insn{op: opEnd})
}

func compileExpr(d *events.Definition, code []insn, e *events.Expr) []insn {
	deref := insn{op: opDeref}
	switch e.Kind {
	case events.Register:
		return append(code, insn{op: opRegister, reg: e.Reg})
	case events.StackPointer:
		return append(code, insn{op: opStackPointer})
	case events.StackEntry:
		return append(code, insn{op: opStackEntry, arg: e.Index})
	case events.ReturnValue:
		return append(code, insn{op: opReturnValue})
	case events.Comm:
		return append(code, insn{op: opComm})
	case events.Argument:
		return append(code, insn{op: opArgument, arg: e.Index - 1})
	case events.Immediate:
		return append(code, insn{op: opImmediate, imm: e.Value})
	case events.ImmediateString:
		return append(code, insn{op: opData, text: e.Text})
	case events.MemoryAddress, events.MemorySymbol:
		return append(code, insn{op: opImmediate, imm: e.Value}, deref)
	case events.MemoryFile:
		if d.Release == events.Release61176 {
			deref.offset = int32(e.Value)
		}
		return append(code, insn{op: opFileOffset, imm: e.Value}, deref)
	}
	deref.offset = e.Offset
	if e.User {
		deref.op = opDerefUser
	}
	return append(compileExpr(d, code, e.Inner), deref)
}

// compileStore adds the store. Where the last operation is a load of the
// value itself, the store takes its place.
func compileStore(code []insn, a *events.Arg) []insn {
	last := &code[len(code)-1]
	switch a.Type.Kind {
	case events.SymbolString:
		return append(code, insn{op: opStoreSymbol})
	case events.KernelString, events.UserString:
		return compileString(code, a)
	}
	size := uint8(a.Type.Size)
	switch last.op {
	case opDeref:
		last.op, last.size = opStoreMemory, size
	case opDerefUser:
		last.op, last.size = opStoreUser, size
	default:
		return append(code, insn{op: opStoreValue, size: size})
	}
	return code
}

// compileString keeps the last load in an array, which is one of pointers to
// strings; there a 'u' dereference no longer makes the string a user string.
func compileString(code []insn, a *events.Arg) []insn {
	last := &code[len(code)-1]
	store := opStoreString
	if a.Type.Kind == events.UserString || last.op == opDerefUser && a.Count == 0 {
		store = opStoreUserStr
	}
	if last.op.isDeref() && a.Count == 0 {
		last.op = store
		return code
	}
	return append(code, insn{op: store})
}
