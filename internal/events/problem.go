package events

// Problem is a reason that the kernel writes to tracing/error_log. The zero
// value, [NoProblem], is a refusal about which the kernel says nothing.
type Problem uint8

// The reasons of Linux 6.1 that kprobe and uprobe events can give, in the
// kernel's order.
const (
	NoProblem Problem = iota
	FileNotFound
	NoRegularFile
	BadRefCount
	RefCountOpenBrace
	BadRefCountSuffix
	BadUprobeOffset
	MaxActiveNoKprobe
	BadMaxActive
	MaxActiveTooBig
	BadProbeAddress
	NonUniqueSymbol
	BadRetprobe
	BadAddressSuffix
	NoGroupName
	GroupTooLong
	BadGroupName
	NoEventName
	EventTooLong
	BadEventName
	EventExists
	RetvalOnProbe
	BadStackNumber
	BadArgNumber
	BadVariable
	BadRegister
	BadMemoryAddress
	BadImmediate
	ImmediateStringOpen
	FileOffsetOnKprobe
	BadFileOffset
	SymbolOnUprobe
	TooManyOps
	DerefNeedsBrace
	BadDerefOffset
	DerefOpenBrace
	CommDeref
	BadFetchArg
	ArrayNotClosed
	BadArraySuffix
	BadArraySize
	ArrayTooBig
	BadType
	BadString
	BadSymbolString
	BadBitfield
	ArgNameTooLong
	NoArgName
	BadArgName
	UsedArgName
	ArgTooLong
	NoArgBody
	BadInsnBoundary
	FailedRegister
	DifferentProbeType
	DifferentArgType
	SameProbe
	EventTooBig
	numProblems
)

// problemTexts holds, per reason, the kernel's identifier (TP_ERR_…) and the
// text that error_log shows.
var problemTexts = [numProblems]struct{ name, text string }{
	FileNotFound:        {"FILE_NOT_FOUND", "Failed to find the given file"},
	NoRegularFile:       {"NO_REGULAR_FILE", "Not a regular file"},
	BadRefCount:         {"BAD_REFCNT", "Invalid reference counter offset"},
	RefCountOpenBrace:   {"REFCNT_OPEN_BRACE", "Reference counter brace is not closed"},
	BadRefCountSuffix:   {"BAD_REFCNT_SUFFIX", "Reference counter has wrong suffix"},
	BadUprobeOffset:     {"BAD_UPROBE_OFFS", "Invalid uprobe offset"},
	MaxActiveNoKprobe:   {"MAXACT_NO_KPROBE", "Maxactive is not for kprobe"},
	BadMaxActive:        {"BAD_MAXACT", "Invalid maxactive number"},
	MaxActiveTooBig:     {"MAXACT_TOO_BIG", "Maxactive is too big"},
	BadProbeAddress:     {"BAD_PROBE_ADDR", "Invalid probed address or symbol"},
	NonUniqueSymbol:     {"NON_UNIQ_SYMBOL", "The symbol is not unique"},
	BadRetprobe:         {"BAD_RETPROBE", "Retprobe address must be an function entry"},
	BadAddressSuffix:    {"BAD_ADDR_SUFFIX", "Invalid probed address suffix"},
	NoGroupName:         {"NO_GROUP_NAME", "Group name is not specified"},
	GroupTooLong:        {"GROUP_TOO_LONG", "Group name is too long"},
	BadGroupName:        {"BAD_GROUP_NAME", "Group name must follow the same rules as C identifiers"},
	NoEventName:         {"NO_EVENT_NAME", "Event name is not specified"},
	EventTooLong:        {"EVENT_TOO_LONG", "Event name is too long"},
	BadEventName:        {"BAD_EVENT_NAME", "Event name must follow the same rules as C identifiers"},
	EventExists:         {"EVENT_EXIST", "Given group/event name is already used by another event"},
	RetvalOnProbe:       {"RETVAL_ON_PROBE", "$retval is not available on probe"},
	BadStackNumber:      {"BAD_STACK_NUM", "Invalid stack number"},
	BadArgNumber:        {"BAD_ARG_NUM", "Invalid argument number"},
	BadVariable:         {"BAD_VAR", "Invalid $-variable specified"},
	BadRegister:         {"BAD_REG_NAME", "Invalid register name"},
	BadMemoryAddress:    {"BAD_MEM_ADDR", "Invalid memory address"},
	BadImmediate:        {"BAD_IMM", "Invalid immediate value"},
	ImmediateStringOpen: {"IMMSTR_NO_CLOSE", `String is not closed with '"'`},
	FileOffsetOnKprobe:  {"FILE_ON_KPROBE", "File offset is not available with kprobe"},
	BadFileOffset:       {"BAD_FILE_OFFS", "Invalid file offset value"},
	SymbolOnUprobe:      {"SYM_ON_UPROBE", "Symbol is not available with uprobe"},
	TooManyOps:          {"TOO_MANY_OPS", "Dereference is too much nested"},
	DerefNeedsBrace:     {"DEREF_NEED_BRACE", "Dereference needs a brace"},
	BadDerefOffset:      {"BAD_DEREF_OFFS", "Invalid dereference offset"},
	DerefOpenBrace:      {"DEREF_OPEN_BRACE", "Dereference brace is not closed"},
	CommDeref:           {"COMM_CANT_DEREF", "$comm can not be dereferenced"},
	BadFetchArg:         {"BAD_FETCH_ARG", "Invalid fetch argument"},
	ArrayNotClosed:      {"ARRAY_NO_CLOSE", "Array is not closed"},
	BadArraySuffix:      {"BAD_ARRAY_SUFFIX", "Array has wrong suffix"},
	BadArraySize:        {"BAD_ARRAY_NUM", "Invalid array size"},
	ArrayTooBig:         {"ARRAY_TOO_BIG", "Array number is too big"},
	BadType:             {"BAD_TYPE", "Unknown type is specified"},
	BadString:           {"BAD_STRING", "String accepts only memory argument"},
	BadSymbolString:     {"BAD_SYMSTRING", "Symbol String doesn't accept data/userdata"},
	BadBitfield:         {"BAD_BITFIELD", "Invalid bitfield"},
	ArgNameTooLong:      {"ARG_NAME_TOO_LONG", "Argument name is too long"},
	NoArgName:           {"NO_ARG_NAME", "Argument name is not specified"},
	BadArgName:          {"BAD_ARG_NAME", "Argument name must follow the same rules as C identifiers"},
	UsedArgName:         {"USED_ARG_NAME", "This argument name is already used"},
	ArgTooLong:          {"ARG_TOO_LONG", "Argument expression is too long"},
	NoArgBody:           {"NO_ARG_BODY", "No argument expression"},
	BadInsnBoundary:     {"BAD_INSN_BNDRY", "Probe point is not an instruction boundary"},
	FailedRegister:      {"FAIL_REG_PROBE", "Failed to register probe event"},
	DifferentProbeType:  {"DIFF_PROBE_TYPE", "Probe type is different from existing probe"},
	DifferentArgType:    {"DIFF_ARG_TYPE", "Argument type or name is different from existing probe"},
	SameProbe:           {"SAME_PROBE", "There is already the exact same probe event"},
	EventTooBig:         {"EVENT_TOO_BIG", "Event too big (too many fields?)"},
}

// Name is the kernel's identifier, such as "BAD_TYPE"; "" for [NoProblem].
func (p Problem) Name() string { return problemTexts[p].name }

// text is what error_log shows under the given release.
func (p Problem) text(r Release) string {
	if p == BadVariable && r == Release61176 {
		return "Invalid $-valiable specified"
	}
	return problemTexts[p].text
}
