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
/** Longer than this between two moves is a hand at rest. */
const PAUSE = 4000;
/** Relations from which a renderer in software is known to be slow: it is not tried. */
const HEAVY = 1500;
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export class Steady {
  /** Whether pictures are moved instead of drawn. */
  on = false;
  private drawn: Seen;
  private moved = 0;
  private slow = 0;
  private held = false; // the mouse holds the scene: nothing is drawn until it lets go
  private last = 0;
  private timer = 0;
  private readonly draw: () => unknown;
  private readonly software: boolean;

  constructor(private readonly sigma: Sigma<never, never>, renderer: string) {
    this.drawn = this.now();
    this.software = SOFTWARE.test(renderer);
    this.draw = sigma.scheduleRender.bind(sigma);
    sigma.scheduleRender = () => {
      if (!this.shift()) this.draw();
      return sigma;
    };
    sigma.on("afterRender", this.rendered);
    sigma.getCamera().on("updated", this.watch);
    sigma.getContainer().addEventListener("mousedown", this.grab, { capture: true });
    sigma.getContainer().addEventListener("mousemove", this.hover, { capture: true });
  }

  /** What is under the pointer is not marked where a mark costs a drawing of everything. */
  private hover = (event: MouseEvent): void => {
    if (this.on && event.buttons === 0) event.stopPropagation();
  };

  /** Whether a subject is at a point. Linear in subjects. */
  private hits(event: MouseEvent): boolean {
    const box = this.sigma.getContainer().getBoundingClientRect();
    const at = { x: event.clientX - box.x, y: event.clientY - box.y };
    return this.sigma.getGraph().someNode((id) => {
      const data = this.sigma.getNodeDisplayData(id);
      if (!data) return false;
      const seen = this.sigma.framedGraphToViewport(data);
      return Math.hypot(seen.x - at.x, seen.y - at.y) <= this.sigma.scaleSize(data.size) + 2;
    });
  }

  /** Move the scene by the mouse without the renderer, which would draw and look for what is under
   * the pointer at every step. A subject under the pointer is the renderer's to drag. */
  private grab = (event: MouseEvent): void => {
    if (!this.on || event.button !== 0 || this.hits(event)) return;
    event.stopPropagation();
    const camera = this.sigma.getCamera();
    const cameraState = camera.getState();
    const at = (now: MouseEvent) => this.sigma.viewportToFramedGraph({ x: now.clientX, y: now.clientY }, { cameraState });
    const from = at(event);
    let far = false;
    this.held = true;
    const move = (now: MouseEvent): void => {
      now.stopPropagation();
      far ||= Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) > 3;
      const to = at(now);
      if (far) camera.setState({ x: cameraState.x + from.x - to.x, y: cameraState.y + from.y - to.y });
    };
    const end = (): void => {
      this.held = false;
      removeEventListener("mousemove", move, { capture: true });
      if (far) addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    };
    addEventListener("mousemove", move, { capture: true });
    addEventListener("mouseup", end, { capture: true, once: true });
  };

  private now(): Seen {
    const { x, y, ratio } = this.sigma.getCamera().getState();
    return { x, y, ratio };
  }

  /** Whether frames come too slowly while the camera moves. */
  private watch = (): void => {
    const at = performance.now();
    const gap = at - this.last;
    this.last = at;
    if (this.on || gap > PAUSE) return;
    this.slow = gap > SLOW ? this.slow + 1 : 0;
    if (this.slow >= PATIENCE) this.on = true;
  };

  /** Move the picture to where the camera is; false where it is to be drawn. */
  private shift(): boolean {
    const seen = this.now();
    const same = seen.x === this.drawn.x && seen.y === this.drawn.y && seen.ratio === this.drawn.ratio;
    if (!this.on) return false;
    if (same && !this.sigma.getCamera().isAnimating() && !this.timer) return false;
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
    const left = this.held ? REST : REST - (performance.now() - this.moved);
    if (left > 5) {
      this.timer = window.setTimeout(this.rest, left);
      return;
    }
    this.timer = 0;
    this.draw();
  };

  private rendered = (): void => {
    if (this.software) this.on = this.sigma.getGraph().size > HEAVY;
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
    this.sigma.getContainer().removeEventListener("mousedown", this.grab, { capture: true });
    this.sigma.getContainer().removeEventListener("mousemove", this.hover, { capture: true });
  }
}
