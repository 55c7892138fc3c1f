package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"trapline/internal/record"
)

// play is running at a speed, in either direction.
type play struct {
	on    bool
	back  bool
	speed int // index of speeds
	round int // tells an old tick from the present one
}

// speeds are in moves a second.
var speeds = []int{1, 2, 5, 10, 25}

func (p *play) speedText() string { return fmt.Sprintf("%d/s", speeds[p.speed]) }

type tickMsg int

// changeSpeed plays faster or slower, and says how fast.
func (m *Model) changeSpeed(d int) {
	m.play.speed = min(max(m.play.speed+d, 0), len(speeds)-1)
	m.Notice("plays %s moves", m.play.speedText())
}

func (m *Model) tick() tea.Cmd {
	round := m.play.round
	return tea.Tick(time.Second/time.Duration(speeds[m.play.speed]), func(time.Time) tea.Msg { return tickMsg(round) })
}

// toggle starts or stops playing in a direction.
func (m *Model) toggle(back bool) tea.Cmd {
	if m.play.on && m.play.back == back {
		m.play.on = false
		return nil
	}
	m.play.on, m.play.back = true, back
	m.play.round++
	return m.tick()
}

// ticked makes one move of playing, and stops at either end or at a breakpoint.
func (m *Model) ticked(t tickMsg) tea.Cmd {
	if !m.play.on || int(t) != m.play.round {
		return nil
	}
	d := record.Forward
	if m.play.back {
		d = record.Backward
	}
	before := m.Walk.At()
	m.StepTold(d)
	if m.Walk.At() == before || m.AtPoint() {
		m.play.on = false
		return nil
	}
	return m.tick()
}
