/** Keeps a large scene moving where drawing is slow (no graphics card, many relations): while the
 * camera moves, the picture that was drawn last is moved and scaled; once it rests it is drawn anew. */
import type Sigma from "sigma";

interface Seen {
  readonly x: number;
  readonly y: number;
  readonly ratio: number;
}

/** A frame that takes longer is slow, in milliseconds. */
const SLOW = 34;
/** Rest after which the scene is drawn anew. */
const REST = 140;
/** Slow frames on end before pictures are moved instead. */
const PATIENCE = 2;

export class Steady {
  /** Whether pictures are moved instead of drawn. */
  on = false;
  private drawn: Seen;
  private moved = 0;
  private slow = 0;
  private last = 0;
  private timer = 0;
  private readonly draw: () => unknown;

  constructor(private readonly sigma: Sigma<never, never>) {
    this.drawn = this.now();
    this.draw = sigma.scheduleRender.bind(sigma);
    sigma.scheduleRender = () => {
      if (!this.shift()) this.draw();
      return sigma;
    };
    sigma.on("afterRender", this.rendered);
    sigma.getCamera().on("updated", this.watch);
  }

  private now(): Seen {
    const { x, y, ratio } = this.sigma.getCamera().getState();
    return { x, y, ratio };
  }

  /** Whether frames come too slowly while the camera moves. */
  private watch = (): void => {
    const at = performance.now();
    const gap = at - this.last;
    this.last = at;
    if (this.on || gap > 1000) return;
    this.slow = gap > SLOW ? this.slow + 1 : 0;
    if (this.slow >= PATIENCE) this.on = true;
  };

  /** Move the picture to where the camera is; false where it is to be drawn. */
  private shift(): boolean {
    const seen = this.now();
    const same = seen.x === this.drawn.x && seen.y === this.drawn.y && seen.ratio === this.drawn.ratio;
    if (!this.on || same) return false;
    const { width, height } = this.sigma.getDimensions();
    const scale = this.drawn.ratio / seen.ratio;
    // where the point is seen now that was in the middle of the picture
    const middle = this.sigma.framedGraphToViewport(this.drawn, { cameraState: this.sigma.getCamera().getState() });
    this.place(`translate(${middle.x - width / 2}px, ${middle.y - height / 2}px) scale(${scale})`);
    this.moved = performance.now();
    if (!this.timer) this.timer = window.setTimeout(this.rest, REST);
    return true;
  }

  private rest = (): void => {
    const left = REST - (performance.now() - this.moved);
    if (left > 5) {
      this.timer = window.setTimeout(this.rest, left);
      return;
    }
    this.timer = 0;
    this.draw();
  };

  private rendered = (): void => {
    this.drawn = this.now();
    this.place("");
  };

  private place(transform: string): void {
    for (const layer of this.sigma.getContainer().querySelectorAll<HTMLElement>("canvas:not(.flow)")) {
      layer.style.transform = transform;
    }
  }

  kill(): void {
    clearTimeout(this.timer);
  }
}
