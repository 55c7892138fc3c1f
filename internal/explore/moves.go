package explore

import "trapline/internal/transition"

// memberState is what a Member can do.
type memberState uint8

const (
	idle    memberState = iota // it is in no round
	inRound                    // it can make tasks of its round
	making                     // it makes one
)

func (s memberState) String() string { return [...]string{"idle", "in a round", "making a task"}[s] }

// memberStates lists which state may follow which. A round that cannot be begun leaves the member idle.
var memberStates = transition.Table[memberState]{
	idle:    {idle, inRound},
	inRound: {idle, making},
	making:  {inRound},
}

func (m *Member) become(s memberState) {
	m.state = memberStates.Next("explore: a member", m.state, s)
}
