package compiled

import (
	"bytes"
	"debug/elf"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"trapline/internal/rigs/silicon"
)

//go:embed functions32.elf
var elf32 []byte

//go:embed functions64.elf
var elf64 []byte

// functions are called one after the other by Calls. Those left out of the list
// in functions.c are their helpers.
var functions = []string{
	"insertion_sort", "quick_sort", "crc32", "adler32", "wide_arithmetic", "division", "bit_twiddling",
	"strings", "block_copies", "base64", "interpreter", "recursion", "function_pointers",
	"polynomial", "newton", "conversions", "matrix",
	"compression", "heap_sort", "number_formatting", "binary_tree", "long_multiplication", "tokens", "run_lengths",
	"calendar", "determinant", "mixed_widths",
}

// MaxSteps is enough for any of the calls.
const MaxSteps = 10_000

// Call is one function with its arguments in place. The program stops when the
// function returns.
type Call struct {
	Name     string
	Argument uint32
	*silicon.Program
}

// Calls returns a call of each function in mode, with data drawn from seed.
func Calls(mode silicon.Mode, seed uint64) ([]Call, error) {
	file := elf64
	if mode == silicon.Mode32 {
		file = elf32
	}
	code, symbols, err := load(file)
	if err != nil {
		return nil, fmt.Errorf("compiled: %s: %w", mode, err)
	}
	var calls []Call
	for i, name := range functions {
		entry, ok := symbols[name]
		if !ok {
			return nil, fmt.Errorf("compiled: %s: no function %q; rebuild with -update", mode, name)
		}
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		argument := rng.Uint32()
		calls = append(calls, Call{name, argument, call(mode, code, entry, argument, rng)})
	}
	return calls, nil
}

// load returns the contents of the code region and the functions' addresses.
func load(file []byte) (code []byte, symbols map[string]uint64, err error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		if p.Vaddr != silicon.CodeBase || p.Memsz > silicon.CodeSize || code != nil {
			return nil, nil, fmt.Errorf("segment of %d bytes at %#x; expected one of at most %d at %#x",
				p.Memsz, p.Vaddr, silicon.CodeSize, silicon.CodeBase)
		}
		code = make([]byte, p.Filesz)
		if _, err := p.ReadAt(code, 0); err != nil {
			return nil, nil, err
		}
	}
	all, err := f.Symbols()
	if err != nil {
		return nil, nil, err
	}
	symbols = map[string]uint64{}
	for _, s := range all {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			symbols[s.Name] = s.Value
		}
	}
	return code, symbols, nil
}

// call returns a program that runs the function at entry by the System V calling convention of
// mode, with the data region and argument as its parameters.
func call(mode silicon.Mode, code []byte, entry uint64, argument uint32, rng *rand.Rand) *silicon.Program {
	// The return address is filler that nothing else reaches.
	const returnTo = silicon.CodeBase + silicon.CodeSize - 16
	p := &silicon.Program{
		Mode: mode, Origin: silicon.CodeBase, Code: code, Stop: returnTo,
		Init: silicon.Reset(mode), Data: data(rng), Stack: make([]byte, silicon.StackSize),
	}
	p.Init.RIP = entry
	const top = silicon.StackSize - 64 // 16-byte aligned, where the parameters would be
	le := binary.LittleEndian
	if mode == silicon.Mode32 {
		le.PutUint32(p.Stack[top-4:], returnTo)
		le.PutUint32(p.Stack[top:], silicon.DataBase)
		le.PutUint32(p.Stack[top+4:], argument)
		p.Init.GPR[silicon.RSP] = mode.StackBase() + top - 4
		return p
	}
	le.PutUint64(p.Stack[top-8:], returnTo)
	p.Init.GPR[silicon.RSP] = mode.StackBase() + top - 8
	p.Init.GPR[silicon.RDI] = silicon.DataBase
	p.Init.GPR[silicon.RSI] = uint64(argument)
	return p
}

// data returns a struct data of functions.c.
func data(rng *rand.Rand) []byte {
	const words, text, singles, doubles = 256, 2048, 256, 256
	le := binary.LittleEndian
	var d []byte
	for range words {
		d = le.AppendUint32(d, rng.Uint32()>>rng.IntN(32))
	}
	for range text {
		d = append(d, byte(' '+rng.IntN(95)))
	}
	for range singles {
		d = le.AppendUint32(d, math.Float32bits(float32(rng.NormFloat64())))
	}
	for range doubles {
		d = le.AppendUint64(d, math.Float64bits(rng.NormFloat64()))
	}
	return d
}
