package litmus_test

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/litmus"
)

// model is x86-TSO as Owens, Sarkar and Sewell describe it ("A Better x86 Memory
// Model: x86-TSO", 2009), apart from the machine: a memory, and for each thread
// registers and a queue of stores. With tso false the queues stay empty; with
// split an ADD or INC without LOCK is a load and a store.
type model struct {
	test  *litmus.Test
	tso   bool
	split bool
	seen  map[string]bool
	ends  map[string]litmus.Outcome
}

type state struct {
	pc     []int
	regs   [][16]int32
	queues [][]store
	memory map[string]int32
	half   []bool // the load of an ADD is done, and this is its sum
	sum    []int32
}

type store struct {
	to    string
	value int32
}

// outcomes are all that executions of t can end in.
func outcomes(t *litmus.Test, tso, split bool) []litmus.Outcome {
	m := &model{test: t, tso: tso, split: split, seen: map[string]bool{}, ends: map[string]litmus.Outcome{}}
	s := state{pc: make([]int, len(t.Threads)), regs: make([][16]int32, len(t.Threads)), queues: make([][]store, len(t.Threads)), memory: map[string]int32{}, half: make([]bool, len(t.Threads)), sum: make([]int32, len(t.Threads))}
	for l, v := range t.Initial {
		s.memory[l] = int32(v)
	}
	for i, regs := range t.Registers {
		for r, v := range regs {
			s.regs[i][r] = int32(v.Number)
		}
	}
	m.walk(s)
	var list []litmus.Outcome
	for _, o := range m.ends {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b litmus.Outcome) int { return slices.Compare(a, b) })
	return list
}

func (s *state) clone() state {
	c := state{pc: slices.Clone(s.pc), regs: slices.Clone(s.regs), queues: slices.Clone(s.queues), memory: map[string]int32{}, half: slices.Clone(s.half), sum: slices.Clone(s.sum)}
	for l, v := range s.memory {
		c.memory[l] = v
	}
	for i := range c.queues {
		c.queues[i] = slices.Clone(c.queues[i])
	}
	return c
}

func (m *model) walk(s state) {
	key := fmt.Sprint(s)
	if m.seen[key] {
		return
	}
	m.seen[key] = true
	ended := true
	for t := range s.pc {
		if q := s.queues[t]; len(q) > 0 {
			ended = false
			c := s.clone()
			c.memory[q[0].to], c.queues[t] = q[0].value, c.queues[t][1:]
			m.walk(c)
		}
		if s.pc[t] == len(m.test.Threads[t]) {
			continue
		}
		ended = false
		c := s.clone()
		in := &m.test.Threads[t][s.pc[t]]
		switch splits := m.split && (in.Op == "add" || in.Op == "inc") && !in.Lock && in.To.Kind == litmus.Memory; {
		case splits && !s.half[t]:
			c.half[t], c.sum[t] = true, m.read(&c, t, in.To)+m.addend(&c, t, in)
			m.walk(c)
		case splits:
			m.write(&c, t, in.To, c.sum[t], false)
			c.half[t] = false
			c.pc[t]++
			m.walk(c)
		case m.step(&c, t, in):
			c.pc[t]++
			m.walk(c)
		}
	}
	if ended {
		var o litmus.Outcome
		for _, p := range m.test.Observed {
			if p.Thread < 0 {
				o = append(o, int64(s.memory[p.Location]))
			} else {
				o = append(o, int64(s.regs[p.Thread][p.Reg]))
			}
		}
		m.ends[fmt.Sprint(o)] = o
	}
}

// step does an instruction. False: it has to wait for the thread's queue.
func (m *model) step(s *state, t int, in *litmus.Instruction) bool {
	drains := in.Lock || slices.Contains([]string{"mfence", "cpuid", "iret", "int3"}, in.Op) || in.Op == "xchg" && in.To.Kind == litmus.Memory
	if drains && len(s.queues[t]) > 0 {
		return false
	}
	from, to := m.read(s, t, in.From), m.read(s, t, in.To)
	switch in.Op {
	case "mov":
		m.write(s, t, in.To, from, false)
	case "add", "inc":
		m.write(s, t, in.To, to+m.addend(s, t, in), in.Lock)
	case "xchg":
		m.write(s, t, in.To, from, true)
		m.write(s, t, in.From, to, true)
	case "xadd":
		m.write(s, t, in.From, to, in.Lock)
		m.write(s, t, in.To, to+from, in.Lock)
	case "mfence", "lfence", "sfence", "nop", "iret", "int3", "cpuid": // tests do not look at what CPUID gives
	default:
		panic("not modelled: " + in.Op)
	}
	return true
}

func (m *model) addend(s *state, t int, in *litmus.Instruction) int32 {
	if in.Op == "inc" {
		return 1
	}
	return m.read(s, t, in.From)
}

func (m *model) read(s *state, t int, o litmus.Operand) int32 {
	switch o.Kind {
	case litmus.Register:
		return s.regs[t][o.Reg]
	case litmus.Immediate:
		return o.Number
	case litmus.Memory:
		for _, x := range slices.Backward(s.queues[t]) {
			if x.to == o.Location {
				return x.value
			}
		}
		return s.memory[o.Location]
	}
	return 0
}

func (m *model) write(s *state, t int, o litmus.Operand, v int32, at bool) {
	switch {
	case o.Kind == litmus.Register:
		s.regs[t][o.Reg] = v
	case m.tso && !at:
		s.queues[t] = append(s.queues[t], store{o.Location, v})
	default:
		s.memory[o.Location] = v
	}
}

// text writes a test of columns: each thread's instructions are separated by ";".
func text(name, initial, condition string, threads ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "X86 %s\n{%s}\n", name, initial)
	columns := make([][]string, len(threads))
	rows := 0
	for i, t := range threads {
		columns[i] = strings.Split(t, ";")
		rows = max(rows, len(columns[i]))
	}
	for r := -1; r < rows; r++ {
		var cells []string
		for i, c := range columns {
			switch {
			case r < 0:
				cells = append(cells, fmt.Sprintf(" P%d ", i))
			case r < len(c):
				cells = append(cells, " "+c[r]+" ")
			default:
				cells = append(cells, " ")
			}
		}
		fmt.Fprintf(&b, "%s;\n", strings.Join(cells, "|"))
	}
	b.WriteString(condition + "\n")
	return []byte(b.String())
}
