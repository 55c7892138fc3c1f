// Package crewtest is a rig: a crew in this process, for searches that are divided.
package crewtest

import (
	"bytes"
	"context"
	"encoding/gob"
	"math/rand/v2"

	"trapline/internal/explore"
)

// Crew makes tasks in this process, with what goes wrong between machines: tasks
// are lost, yields come late and twice, and members begin anew.
type Crew struct {
	Made  int                  // tasks
	Spoil func(*explore.Yield) // or nil

	factory func() (explore.System, error)
	rng     *rand.Rand
	setting *explore.Setting
	members []*explore.Member
	tasks   []*explore.Task
	claims  []explore.Claim
	late    []*explore.Yield
}

// New makes a crew of so many members that is unlucky by a seed.
func New(seed uint64, members int, factory func() (explore.System, error)) *Crew {
	return &Crew{factory: factory, rng: rand.New(rand.NewPCG(seed, 0)), members: make([]*explore.Member, members)}
}

// Close ends the members.
func (c *Crew) Close() {
	for i := range c.members {
		c.die(i)
	}
}

func (c *Crew) die(i int) {
	if c.members[i] != nil {
		c.members[i].Close()
		c.members[i] = nil
	}
}

// sent is v as it comes out of the wire.
func sent[T any](v *T) *T {
	var b bytes.Buffer
	out := new(T)
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		panic(err) // plain data
	}
	if err := gob.NewDecoder(&b).Decode(out); err != nil {
		panic(err)
	}
	return out
}

// Workers implements explore.Crew.
func (c *Crew) Workers() int { return len(c.members) }

// Begin implements explore.Crew. Tasks are small.
func (c *Crew) Begin(_ context.Context, s *explore.Setting) error {
	c.setting, c.tasks, c.claims = sent(s), nil, nil
	c.setting.Quota = 1 + c.rng.IntN(30)
	return nil
}

// Put implements explore.Crew.
func (c *Crew) Put(_ context.Context, t *explore.Task) error {
	c.tasks = append(c.tasks, sent(t))
	return nil
}

// Tell implements explore.Crew.
func (c *Crew) Tell(_ context.Context, list []explore.Claim) error {
	c.claims = append(c.claims, list...)
	return nil
}

// Next implements explore.Crew.
func (c *Crew) Next(ctx context.Context) (*explore.Yield, error) {
	if n := len(c.late); n > 0 && c.rng.IntN(3) == 0 {
		return c.late[c.rng.IntN(n)], nil
	}
	if len(c.tasks) == 0 {
		return nil, nil
	}
	i := c.rng.IntN(len(c.tasks))
	t := c.tasks[i]
	c.tasks = append(c.tasks[:i], c.tasks[i+1:]...)
	k := c.rng.IntN(len(c.members))
	switch c.rng.IntN(8) {
	case 0: // it dies over it
		c.die(k)
		return nil, nil
	case 1: // it is delivered again later
		c.tasks = append(c.tasks, t)
	}
	if c.members[k] == nil {
		sys, err := c.factory()
		if err != nil {
			return nil, err
		}
		c.members[k] = explore.NewMember(sys)
	}
	m := c.members[k]
	if m.Round() != c.setting.Round {
		if err := m.Set(c.setting); err != nil {
			return &explore.Yield{Round: t.Round, ID: t.ID, Err: err.Error()}, nil
		}
	}
	if c.rng.IntN(2) == 0 {
		m.Cover(c.claims)
	}
	c.Made++
	y := sent(m.Do(ctx, t))
	if c.Spoil != nil {
		c.Spoil(y)
	}
	c.late = append(c.late, y)
	return y, nil
}
