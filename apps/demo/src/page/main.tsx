import { render } from "solid-js/web";
import { scores } from "@attn/core";
render(() => <p>{String(scores([[1]],[[2]]).data[0])}</p>, document.body);
